/** What is particular about running tasks in the caller's own event loop. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeadlockError, InlineExecutor, transfer } from 'concurrent-futures';
import { burn, waitAt } from '../fixtures/tasks.js';
import { closeAfter, makeGate } from '../support/held.js';

test('a task never runs inside submit', async (t) => {
  const pool = closeAfter(t, new InlineExecutor());
  let ran = false;
  const future = pool.submit(() => (ran = true));
  assert.equal(ran, false);
  assert.equal(future.state, 'pending');
  assert.equal(await future, true);
});

test('any function will do: closures, methods, bound ones', async (t) => {
  const pool = closeAfter(t, new InlineExecutor());
  const by = 3;
  const values = [1, 2];
  assert.equal(await pool.submit((n: number) => n * by, 2), 6);
  assert.equal(await pool.submit(values.at.bind(values), 1), 2);
});

function typeOfThis(this: unknown, ..._given: unknown[]): string {
  return typeof this;
}

test('a task is called on nothing, as everywhere', async (t) => {
  const pool = closeAfter(t, new InlineExecutor());
  assert.equal(await pool.submit(typeOfThis), 'undefined');
  assert.deepEqual(await pool.map(typeOfThis, [1]).toArray(), ['undefined']);
});

test('arguments and results are passed as they are', async (t) => {
  const pool = closeAfter(t, new InlineExecutor());
  const value = { handler: () => 1 };
  assert.equal(await pool.submit((given: object) => given, value), value);
  const error = new Error('the very same');
  const failed = pool.submit(() => {
    throw error;
  });
  assert.equal(await failed.exception(), error);
});

test('a transferred result is the value itself', async (t) => {
  const pool = closeAfter(t, new InlineExecutor());
  const buffer = new ArrayBuffer(8);
  assert.equal(await pool.submit(() => transfer(buffer, [buffer])), buffer);
  assert.equal(buffer.byteLength, 8);
});

test('no more than maxWorkers tasks are under way at a time', async (t) => {
  const pool = closeAfter(t, new InlineExecutor({ maxWorkers: 3 }));
  let running = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running--;
  };
  await Promise.all(Array.from({ length: 20 }, () => pool.submit(work)));
  assert.equal(most, 3);
});

test('a long queue of synchronous tasks lets timers and others have their turn', async (t) => {
  const pool = closeAfter(t, new InlineExecutor({ maxWorkers: 1 }));
  let turns = 0;
  const ticker = setInterval(() => turns++, 0);
  t.after(() => clearInterval(ticker));
  await Promise.all(Array.from({ length: 100 }, () => pool.submit(burn, 0.5)));
  assert.ok(turns > 1);
});

test('a thenable is awaited, and one that throws on the way fails the call', async (t) => {
  const pool = closeAfter(t, new InlineExecutor());
  const thenable = {
    // oxlint-disable-next-line unicorn/no-thenable -- what is tested
    then: (resolve: (value: number) => void) => resolve(5),
  };
  assert.equal(await pool.submit(() => thenable as PromiseLike<number>), 5);
  const hostile = {
    // oxlint-disable-next-line unicorn/no-thenable -- what is tested
    get then(): never {
      throw new Error('hands off');
    },
  };
  await assert.rejects(pool.submit(() => hostile as unknown).result(), { message: 'hands off' });
});

test('a shutdown that a finished task has left behind is one like any other', async () => {
  const pool = new InlineExecutor();
  const down = await pool.submit(() => ({
    later: new Promise<void>((resolve, reject) => {
      setImmediate(() => void pool.shutdown().then(resolve, reject));
    }),
  }));
  await down.later;
  assert.throws(() => pool.submit(() => 1), { name: 'ShutdownError' });
});

test('blocking is refused with a remedy, also with a time limit; polling is not blocking', async (t) => {
  const pool = closeAfter(t, new InlineExecutor());
  const future = pool.submit(() => 1);
  assert.throws(
    () => future.resultSync({ timeout: 5 }),
    (error) => {
      assert.ok(error instanceof DeadlockError);
      assert.match(error.message, /Await it instead/);
      return true;
    },
  );
  assert.throws(() => future.resultSync({ timeout: 0 }), { name: 'TimeoutError' });
  assert.equal(await future, 1);
  assert.equal(future.resultSync(), 1);
});

test('a running task cannot be cancelled, a queued one can', async (t) => {
  const pool = closeAfter(t, new InlineExecutor({ maxWorkers: 1 }));
  const gate = makeGate(t);
  const running = pool.submit(waitAt, gate.address, 1);
  await gate.whenArrived(1);
  let ran = false;
  const queued = pool.submit(() => (ran = true));
  assert.equal(running.cancel(), false);
  assert.equal(queued.cancel(), true);
  gate.open();
  assert.equal(await running, 1);
  await pool.shutdown();
  assert.equal(ran, false);
});
