/** The ways in which a process can end in the middle of a call: each is told, and costs that call only. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { suite, test } from 'node:test';
import { type BrokenExecutor, type Future, ProcessPoolExecutor } from 'concurrent-futures';
import { exhaustMemory, exitOrReturn } from '../fixtures/crashing-tasks.ts';
import {
  abortSelf,
  disconnectSelf,
  exitSaying,
  ownPid,
  signalSelf,
} from '../fixtures/process-tasks.ts';
import { echo } from '../fixtures/tasks.ts';
import { workerBackends } from '../support/backends.ts';
import { deathOf } from '../support/deaths.ts';
import { closeAfter } from '../support/held.ts';
import { resume, Stops, whenGone } from '../support/processes.ts';

const backend = workerBackends.find(({ name }) => name === 'processes')!;

interface Ending {
  readonly name: string;
  readonly submit: (pool: ProcessPoolExecutor) => Future<unknown>;
  readonly expected: Partial<BrokenExecutor>;
  readonly stderr: RegExp;
}

function bySignal(signal: NodeJS.Signals): Ending {
  return {
    name: `a signal, ${signal}`,
    submit: (pool) => pool.submit(signalSelf, signal, `${signal} is next\n`),
    expected: { signal, task: 'signalSelf' },
    stderr: new RegExp(`${signal} is next$`),
  };
}

function byExit(code: number): Ending {
  return {
    name: `process.exit(${code})`,
    submit: (pool) => pool.submit(exitSaying, code, 'one\ntwo\n'),
    expected: { exitCode: code, task: 'exitSaying' },
    stderr: /^one\ntwo$/,
  };
}

const endings: readonly Ending[] = [
  bySignal('SIGKILL'),
  bySignal('SIGSEGV'),
  bySignal('SIGBUS'),
  bySignal('SIGTERM'),
  bySignal('SIGHUP'),
  {
    name: 'process.abort()',
    submit: (pool) => pool.submit(abortSelf, 'no way out\n'),
    expected: { signal: 'SIGABRT', task: 'abortSelf' },
    stderr: /no way out/,
  },
  byExit(0),
  byExit(7),
  {
    name: 'no memory left',
    submit: (pool) => pool.submit(exhaustMemory),
    expected: { signal: 'SIGABRT', task: 'exhaustMemory' },
    stderr: /heap out of memory/,
  },
];

for (const maxWorkers of [1, 2]) {
  suite(`with ${maxWorkers} worker(s)`, () => {
    for (const { name, submit, expected, stderr } of endings) {
      test(`${name} fails the call that ran, with all that is known; others keep their results`, async (t) => {
        t.mock.method(process.stderr, 'write', () => true);
        const execArgv = ['--max-old-space-size=24'];
        const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers, execArgv }));
        const before = Array.from({ length: 20 }, (_, i) => pool.submit(echo, { before: i }));
        const lost = submit(pool);
        const behind = Array.from({ length: 20 }, (_, i) => pool.submit(echo, { behind: i }));
        const error = await deathOf(backend, lost);
        for (const key of ['signal', 'exitCode', 'task'] as const)
          assert.equal(error[key], expected[key], key);
        assert.match(error.stderr ?? '', stderr);
        assert.ok(error.pid !== undefined);
        await whenGone([error.pid]);
        assert.deepEqual(await Promise.all([...before, ...behind]), [
          ...before.map((_, i) => ({ before: i })),
          ...behind.map((_, i) => ({ behind: i })),
        ]);
        assert.notEqual(await pool.submit(ownPid), error.pid);
        const { failed, completed } = pool.stats();
        assert.deepEqual({ failed, completed }, { failed: 1, completed: 41 });
      });
    }
  });
}

test('a worker that exits gives up the calls that it had claimed along with the one that it ran', async (t) => {
  const stops = new Stops(t);
  const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 1 }));
  // Calls that take next to nothing are claimed several at a time.
  for (let i = 0; i < 20; i++)
    await Promise.all(Array.from({ length: 100 }, () => pool.submit(exitOrReturn, false, i)));
  const pid = await pool.submit(ownPid);
  await stops.stop(pid);
  const lost = pool.submit(exitOrReturn, true, 'never');
  const behind = Array.from({ length: 30 }, (_, i) => pool.submit(exitOrReturn, false, i));
  await turn();
  // All of them are there when the worker looks.
  resume(pid);
  assert.equal((await deathOf(backend, lost)).exitCode, 7);
  assert.deepEqual(
    await Promise.all(behind),
    behind.map((_, i) => i),
  );
});

test('there is nothing to disconnect: the call fails with that, and the worker goes on', async (t) => {
  const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 1 }));
  const pid = await pool.submit(ownPid);
  const error = await pool.submit(disconnectSelf).exception();
  assert.ok(error instanceof TypeError);
  assert.match(error.message, /disconnect is not a function/);
  assert.equal(await pool.submit(ownPid), pid);
});

test('no process is left when the pool is shut down after all that', async () => {
  const pool = new ProcessPoolExecutor({ maxWorkers: 2 });
  const pids = new Set<number>();
  for (let round = 0; round < 3; round++) {
    const lost = await pool.submit(exitSaying, round, '').exception();
    pids.add((lost as BrokenExecutor).pid ?? 0);
    for (const pid of await Promise.all(Array.from({ length: 8 }, () => pool.submit(ownPid))))
      pids.add(pid);
  }
  await pool.shutdown();
  assert.equal(pids.has(0), false);
  await whenGone([...pids]);
});
