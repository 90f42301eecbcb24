/** Pools in a worker that is starting: what a preloaded module makes there starts no workers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROCESS_MARK, STARTING_WORKER, THREAD_MARK } from '#dist/protocol/worker-mark.js';
import { makeProgramFolder, printed, runNode } from '../support/program.js';

/** Prints what comes of calls on a pool of each kind, and how many workers there are afterwards. */
const tryAll = `
import { InlineExecutor, ProcessPoolExecutor, ThreadPoolExecutor } from 'concurrent-futures';
const kinds = {
  threads: () => new ThreadPoolExecutor({ maxWorkers: 1, execArgv: [] }),
  processes: () => new ProcessPoolExecutor({ maxWorkers: 1 }),
  managed: () => new ProcessPoolExecutor({ maxWorkers: 1, manager: 'thread' }),
  inline: () => new InlineExecutor(),
};
const outcome = (promise) => promise.then((value) => value, (error) => error.code);
export async function tryAll(...names) {
  for (const name of names) {
    const pool = kinds[name]();
    const outcomes = [
      await outcome(pool.submit(Math.max, 1, 2).result()),
      await outcome(pool.map(Math.max, [1], [2]).toArray()),
      await outcome(pool.with({ chunkSize: 2 }).map(Math.max, [1], [2]).toArray()),
    ];
    if (name !== 'inline')
      outcomes.push(await outcome(pool.module(new URL('max.mjs', import.meta.url)).max(1, 2).result()));
    const { workers, failed } = pool.stats();
    console.log(JSON.stringify([name, outcomes, name === 'inline' ? 0 : workers, failed]));
    await pool.shutdown();
  }
}
`;

const files = {
  'try.mjs': tryAll,
  'max.mjs': 'export const max = (a, b) => Math.max(a, b);',
  'preload.mjs': `
    import { tryAll } from './try.mjs';
    await tryAll('threads', 'processes', 'managed', 'inline');
  `,
  'main.mjs': `
    import { tryAll } from './try.mjs';
    delete process.env.${PROCESS_MARK};
    await tryAll('threads');
  `,
  'thread.mjs': `
    import { workerData } from 'node:worker_threads';
    import { tryAll } from './try.mjs';
    await tryAll('threads', 'processes', 'managed', 'inline');
    workerData.${THREAD_MARK} = 'started';
    await tryAll('threads');
  `,
  'parent.mjs': `
    import { Worker } from 'node:worker_threads';
    const mark = { ${THREAD_MARK}: '${STARTING_WORKER}' };
    new Worker(new URL('thread.mjs', import.meta.url), { workerData: mark });
  `,
  'inherits.mjs': `
    import { tryAll } from './try.mjs';
    Object.defineProperty(Object.prototype, '${THREAD_MARK}', { value: '${STARTING_WORKER}' });
    await tryAll('threads');
  `,
};

const refused = Array.from({ length: 4 }, () => 'ERR_BOOTSTRAP');
const whileStarting = [
  ['threads', refused, 0, 4],
  ['processes', refused, 0, 4],
  ['managed', refused, 0, 4],
  ['inline', [2, [2], [2]], 0, 0],
];
const started = ['threads', [2, [2], [2], 2], 1, 0];

test('in a process that is starting pools fail their calls, and work once it has started', async (t) => {
  const run = await runNode(makeProgramFolder(t, files), {
    flags: ['--import', './preload.mjs'],
    script: 'main.mjs',
    env: { [PROCESS_MARK]: STARTING_WORKER },
  });
  assert.deepEqual(printed(run), [...whileStarting, started], run.stderr);
});

test('in a thread that is starting pools fail their calls, and work once it has started', async (t) => {
  const run = await runNode(makeProgramFolder(t, files), { script: 'parent.mjs' });
  assert.deepEqual(printed(run), [...whileStarting, started], run.stderr);
});

test('a program is no starting worker', async (t) => {
  const run = await runNode(makeProgramFolder(t, files), { script: 'inherits.mjs' });
  assert.deepEqual(printed(run), [started], run.stderr);
});

test('the error of a call in a starting worker says how to guard it', async (t) => {
  const folder = makeProgramFolder(t, {
    'main.mjs': `
      import { ThreadPoolExecutor } from 'concurrent-futures';
      const error = await new ThreadPoolExecutor().submit(Math.max, 1).exception();
      console.log(JSON.stringify([error.name, error.message]));
    `,
  });
  const env = { [PROCESS_MARK]: STARTING_WORKER };
  const [[name, message]] = printed(await runNode(folder, { script: 'main.mjs', env })) as [
    [string, string],
  ];
  assert.equal(name, 'ExecutorError');
  assert.ok(message.includes(`isMainThread && process.env.${PROCESS_MARK} === undefined`));
});
