/** Options that nobody has given, but that some other code has put on `Object.prototype`: none of them is taken. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  asCompleted,
  type Executor,
  Future,
  InlineExecutor,
  ProcessPoolExecutor,
  ThreadPoolExecutor,
  wait,
} from 'concurrent-futures';
import { echo } from '../fixtures/tasks.js';
import { closeAfter } from '../support/held.js';
import { makeProgramFolder, printed, runNode } from '../support/program.js';

const kinds: readonly [string, () => Executor][] = [
  ['threads', () => new ThreadPoolExecutor({ maxWorkers: 1 })],
  ['processes', () => new ProcessPoolExecutor({ maxWorkers: 1 })],
  ['managed processes', () => new ProcessPoolExecutor({ maxWorkers: 1, manager: 'thread' })],
  ['inline', () => new InlineExecutor({ maxWorkers: 1 })],
];

const folder = mkdtempSync(join(tmpdir(), 'cf-polluted-'));
const intruder = join(folder, 'intruder.cjs');
writeFileSync(intruder, 'globalThis.intruder = true;');
after(() => rmSync(folder, { recursive: true }));

/** Runs `fn` while `Object.prototype` has these properties; async parts of it run without. */
function whilePolluted<R>(properties: object, fn: () => R): R {
  // oxlint-disable-next-line no-extend-native -- what an attacker does
  Object.assign(Object.prototype, properties);
  try {
    return fn();
  } finally {
    for (const key of Object.keys(properties)) Reflect.deleteProperty(Object.prototype, key);
  }
}

const isIntruded = (): boolean => 'intruder' in globalThis;

const forWorkers: readonly object[] = [
  { execArgv: ['--require', intruder] },
  { env: { ...process.env, NODE_OPTIONS: `--require ${intruder}` } },
  { NODE_OPTIONS: `--require ${intruder}` },
  {
    execPath: '/bin/false',
    cwd: '/nowhere',
    shell: true,
    argv0: 'nothing',
    uid: 54_321,
    detached: true,
    eval: true,
    resourceLimits: { maxOldGenerationSizeMb: 1 },
    maxOldGenerationSizeMb: 1,
    maxWorkers: 0,
    initializer: (): void => assert.fail(),
    initArgs: 5,
    manager: 'nobody',
    startTimeout: -1,
    onWorkerDeath: 'forgive',
  },
];

for (const [kind, make] of kinds) {
  test(`no worker starts with options from Object.prototype (${kind})`, async (t) => {
    // The code that a function needs to get to a worker is loaded, and is not what is tested.
    await closeAfter(t, make()).submit(isIntruded);
    for (const properties of forWorkers) {
      const [pool, future] = whilePolluted(properties, () => {
        const made = make();
        return [made, made.submit(echo, 1)] as const;
      });
      closeAfter(t, pool);
      assert.equal(await future, 1);
      assert.equal(await pool.submit(isIntruded), false);
      assert.equal(pool.stats().maxWorkers, 1);
    }
  });

  test(`no call has options from Object.prototype (${kind})`, async (t) => {
    const pool = closeAfter(t, make());
    // Streams of Node's own take a signal from there, so its worker is started before.
    await pool.submit(echo, 0);
    const view = pool.with({});
    for (const properties of [
      { signal: AbortSignal.abort() },
      { timeout: 0 },
      { chunkSize: 2.5 },
      { bufferSize: 'many' },
      { transfer: [5] },
      { captureOutput: 'all' },
    ]) {
      const futures = whilePolluted(properties, () => [
        view.submit(echo, 1),
        pool.with({}).submit(echo, 2),
        pool.with({ timeout: 60_000 }).submit(echo, 3),
      ]);
      assert.deepEqual(await Promise.all(futures), [1, 2, 3]);
      const results = whilePolluted(properties, () => view.map(echo<number>, [1, 2]));
      assert.deepEqual(await results.toArray(), [1, 2]);
    }
    await whilePolluted({ wait: false }, () => pool.shutdown({}));
    assert.equal(pool.stats().workers, 0);
  });
}

test('waiting has no options from Object.prototype', async () => {
  const signal = AbortSignal.abort(new Error('from the prototype'));
  const waits: readonly (() => [Future<number>, PromiseLike<unknown>])[] = [
    () => started((future) => future.result({})),
    () => started((future) => future.exception({})),
    () => started((future) => wait([future], {})),
    () => started((future) => wait([future])),
    () => started((future) => asCompleted([future]).next()),
  ];
  for (const properties of [{ signal }, { timeout: 0 }, { returnWhen: 'NEVER' }]) {
    for (const start of waits) {
      const [future, waiting] = whilePolluted(properties, start);
      future.setResult(1);
      await assert.doesNotReject(Promise.resolve(waiting));
    }
  }
});

function started(
  start: (future: Future<number>) => PromiseLike<unknown>,
): [Future<number>, PromiseLike<unknown>] {
  const future = new Future<number>();
  return [future, start(future)];
}

test('an enumerable property of Object.prototype breaks no call, also the first of a program', async (t) => {
  const program = makeProgramFolder(t, {
    'main.mjs': `
      import { InlineExecutor, ProcessPoolExecutor, ThreadPoolExecutor } from 'concurrent-futures';
      Object.prototype.foo = 1;
      for (const pool of [
        new ThreadPoolExecutor(),
        new ProcessPoolExecutor(),
        new ProcessPoolExecutor({ manager: 'thread' }),
        new InlineExecutor(),
      ]) {
        const by = 2;
        const doubled = pool.with({ timeout: 60_000 }).submit(({ n }) => n * by, { n: 3 });
        const largest = pool.with({ chunkSize: 2 }).map(Math.max, [1, 2, 3], [3, 2, 1]);
        console.log(JSON.stringify([await doubled, await largest.toArray()]));
        await pool.shutdown({});
      }
    `,
  });
  const run = await runNode(program, { script: 'main.mjs' });
  const outcome = [6, [3, 2, 3]];
  assert.deepEqual(printed(run), [outcome, outcome, outcome, outcome], run.stderr);
});
