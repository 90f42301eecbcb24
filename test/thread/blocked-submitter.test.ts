/** A thread that blocks right after `submit`: its call begins all the same, whatever its arguments are made of. */
import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { suite, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { ThreadPoolExecutor } from 'concurrent-futures';
import { noop } from '../fixtures/tasks.js';
import { notify } from '../fixtures/unruly-tasks.js';

/** Only there to end what would hang. */
const LONGEST = 60_000;

const kinds: Record<string, () => [args: unknown[], transfer?: object[]]> = {
  numbers: () => [[1, 2]],
  'a Map of errors': () => [[new Map([[1, new RangeError('x')]])]],
  'an error': () => [[new Error('x')]],
  'a regular expression': () => [[/x/g]],
  'a large array': () => [[Array.from({ length: 50_000 }, (_, i) => ({ i }))]],
  'more than any ring has room for': () => [['x'.repeat(12 << 20), new Error('x')]],
  'a key': () => [[createSecretKey(Buffer.from('key'))]],
  'a Blob': () => [[new Blob(['x'])]],
  'a moved buffer': () => {
    const buffer = new ArrayBuffer(8);
    return [[buffer], [buffer]];
  },
  'a moved port': () => {
    const { port1, port2 } = new MessageChannel();
    port1.unref();
    return [[port2], [port2]];
  },
};

async function untilIdle(pool: ThreadPoolExecutor): Promise<void> {
  while (pool.stats().idle === 0) await new Promise(setImmediate);
}

/** Submits a call with such arguments and blocks until it has begun. @returns the call. */
function submitAndBlock(pool: ThreadPoolExecutor, kind: string) {
  const [args, transfer] = kinds[kind]!();
  const word = new Int32Array(new SharedArrayBuffer(4));
  const executor = transfer === undefined ? pool : pool.with({ transfer });
  const call = executor.submit(notify, word, ...args);
  assert.notEqual(Atomics.wait(word, 0, 0, LONGEST), 'timed-out', kind);
  return { call, count: args.length };
}

for (const kind of Object.keys(kinds)) {
  suite(`a call with ${kind} begins while its submitter blocks`, () => {
    test('on a worker that is idle', async (t) => {
      const pool = new ThreadPoolExecutor({ maxWorkers: 2 });
      t.after(() => pool.shutdown());
      await pool.submit(noop);
      await untilIdle(pool);
      const { call, count } = submitAndBlock(pool, kind);
      assert.equal(await call, count);
    });

    // A port can be in one thread only, and nobody knows yet in which.
    if (kind === 'a moved port') return;

    test('on a worker that has not been started', async (t) => {
      const pool = new ThreadPoolExecutor({ maxWorkers: 2 });
      t.after(() => pool.shutdown());
      const { call, count } = submitAndBlock(pool, kind);
      assert.equal(await call, count);
    });

    test('on the only worker, which is busy', async (t) => {
      const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      t.after(() => pool.shutdown());
      await pool.submit(noop);
      const gate = new Int32Array(new SharedArrayBuffer(4));
      const before = pool.submit((word: Int32Array) => {
        Atomics.wait(word, 0, 0);
      }, gate);
      setImmediate(() => {});
      const [args, transfer] = kinds[kind]!();
      const word = new Int32Array(new SharedArrayBuffer(4));
      const executor = transfer === undefined ? pool : pool.with({ transfer });
      const call = executor.submit(notify, word, ...args);
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      assert.notEqual(Atomics.wait(word, 0, 0, LONGEST), 'timed-out');
      await before;
      assert.equal(await call, args.length);
    });

    test('on any of several workers, which are all busy', async (t) => {
      const pool = new ThreadPoolExecutor({ maxWorkers: 2 });
      t.after(() => pool.shutdown());
      const gates = [0, 1].map(() => new Int32Array(new SharedArrayBuffer(4)));
      const before = gates.map((gate) =>
        pool.submit((word: Int32Array) => {
          Atomics.wait(word, 0, 0);
        }, gate),
      );
      const [args, transfer] = kinds[kind]!();
      const word = new Int32Array(new SharedArrayBuffer(4));
      const executor = transfer === undefined ? pool : pool.with({ transfer });
      const call = executor.submit(notify, word, ...args);
      const second = gates[1]!;
      Atomics.store(second, 0, 1);
      Atomics.notify(second, 0);
      assert.notEqual(Atomics.wait(word, 0, 0, LONGEST), 'timed-out');
      Atomics.store(gates[0]!, 0, 1);
      Atomics.notify(gates[0]!, 0);
      await Promise.all(before);
      assert.equal(await call, args.length);
    });
  });
}
