/** The way of a call to a worker process, and of its outcome back (items 165–180). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { CancelledError, DeadlockError, type Future, wait } from 'concurrent-futures';
import { record } from '../fixtures/executor-tasks.js';
import { makeBytes } from '../fixtures/payload-tasks.js';
import {
  isErrorKept,
  spoilMaps,
  throwAndRemember,
  whichProcess,
} from '../fixtures/process-state-tasks.js';
import { echo, noop, waitAt } from '../fixtures/tasks.js';
import { blockAt } from '../fixtures/crashing-tasks.js';
import { makeGate } from '../support/held.js';
import { listed, makeList } from '../support/lists.js';
import { processPool } from '../support/process-pool.js';

test('#166 only what a worker has begun is running; all the rest can be cancelled, and never runs', async (t) => {
  const pool = processPool(t, { maxWorkers: 2 });
  const gate = makeGate(t);
  const list = makeList(t);
  const held = [0, 1].map((i) => pool.submit(waitAt, gate.address, i));
  await gate.whenArrived(2);
  const behind = Array.from({ length: 8 }, (_, i) => pool.submit(record, list, i));
  await turn();
  assert.ok(held.every((future) => future.running() && !future.cancel()));
  assert.ok(behind.every((future) => future.state === 'pending'));
  assert.equal(pool.stats().running, 2);
  assert.deepEqual(
    behind.map((future) => future.cancel()),
    behind.map(() => true),
  );
  gate.open();
  assert.deepEqual(await Promise.all(held), [0, 1]);
  await pool.shutdown();
  assert.deepEqual(listed(list), []);
});

test('#166 what waits in the hands of a worker that blocks can be cancelled, too', async (t) => {
  const pool = processPool(t, { maxWorkers: 1 });
  const gate = makeGate(t);
  const list = makeList(t);
  const blocked = pool.submit(blockAt, gate.address);
  const behind = [0, 1, 2].map((i) => pool.submit(record, list, i));
  await gate.whenArrived(1);
  assert.equal(behind[0]?.cancel('not needed'), true);
  assert.equal(behind[1]?.running(), false);
  gate.open();
  await wait([blocked, ...behind]);
  assert.deepEqual(listed(list), [1, 2]);
});

test('#167 whoever waits for a cancelled call is told at once, while every worker is busy', async (t) => {
  const pool = processPool(t, { maxWorkers: 1 });
  const gate = makeGate(t);
  const held = pool.submit(waitAt, gate.address, 0);
  await gate.whenArrived(1);
  const behind = [0, 1, 2].map((i) => pool.submit(echo, i));
  const waiting = wait(behind);
  const results = behind.map((future) => future.result());
  for (const future of behind) future.cancel();
  assert.equal((await waiting).done.size, 3);
  for (const result of results) await assert.rejects(result, CancelledError);
  assert.equal(held.running(), true);
});

test('#169 what a task has done to Map does not keep arguments from being rebuilt', async (t) => {
  const pool = processPool(t, { maxWorkers: 1 });
  const worker = await pool.submit(whichProcess);
  await pool.submit(spoilMaps);
  const spoilt = pool.submit(echo, new Map([['unreadable', 1]]));
  const behind = pool.submit(echo, new Map([['readable', 2]]));
  assert.deepEqual(await spoilt, new Map([['unreadable', 1]]));
  assert.deepEqual(await behind, new Map([['readable', 2]]));
  assert.equal(await pool.submit(whichProcess), worker);
});

test('#172 a worker does not keep the errors that its tasks throw', async (t) => {
  const pool = processPool(t, { maxWorkers: 1 });
  await assert.rejects(pool.submit(throwAndRemember).result(), { message: 'to be forgotten' });
  assert.equal(await pool.submit(isErrorKept), false);
});

test('#175 what the program has done to Map does not keep a result from being rebuilt', async (t) => {
  const pool = processPool(t, { maxWorkers: 1 });
  const unreadable = new Map([['unreadable', 1]]);
  await pool.submit(echo, unreadable);
  const set = Reflect.get(Map.prototype, 'set') as Map<unknown, unknown>['set'];
  t.mock.method(Map.prototype, 'set', function (this: Map<unknown, unknown>, ...entry: unknown[]) {
    if (entry[0] === 'unreadable') throw new RangeError('the key is unreadable');
    return set.call(this, entry[0], entry[1]);
  });
  const result = await pool.submit(echo, unreadable);
  t.mock.restoreAll();
  assert.deepEqual(result, unreadable);
});

test('#178 arguments and results beyond what a pipe holds do not block one another', async (t) => {
  const pool = processPool(t, { maxWorkers: 2 });
  const size = 1 << 20;
  const futures = Array.from({ length: 24 }, (_, i) =>
    pool.submit(echo, new Uint8Array(size).fill(i)),
  );
  for (const [i, future] of futures.entries()) {
    const bytes = await future;
    assert.deepEqual([bytes.length, bytes[0], bytes[size - 1]], [size, i, i]);
  }
});

test('#178 submit takes any number of calls while the only worker reads nothing', async (t) => {
  const pool = processPool(t, { maxWorkers: 1 });
  const gate = makeGate(t);
  const blocked = pool.submit(blockAt, gate.address);
  await gate.whenArrived(1);
  const text = 'x'.repeat(1000);
  const futures = Array.from({ length: 5000 }, () => pool.submit(echo, text));
  assert.equal(blocked.running(), true);
  gate.open();
  assert.deepEqual(new Set(await Promise.all(futures)), new Set([text]));
});

test('#180 a done-callback that takes its time delays callbacks, and loses none', async (t) => {
  const pool = processPool(t, { maxWorkers: 2 });
  const order: number[] = [];
  const all: Future<number>[] = [];
  for (let i = 0; i < 20; i++) {
    const future = pool.submit(echo, i);
    future.addDoneCallback(() => {
      const until = performance.now() + 2;
      while (performance.now() < until);
      order.push(i);
    });
    all.push(future);
  }
  assert.equal((await Promise.all(all)).length, 20);
  assert.deepEqual(new Set(order), new Set(all.keys()));
});

test('a thread that would wait for the outcome of a process by blocking gets a DeadlockError', async (t) => {
  const pool = processPool(t, { maxWorkers: 1 });
  const future = pool.submit(makeBytes, 3);
  assert.throws(
    () => future.resultSync(),
    (error) => {
      assert.ok(error instanceof DeadlockError);
      assert.match(error.message, /manager: 'thread'/);
      return true;
    },
  );
  await pool.submit(noop);
  assert.equal(future.resultSync().length, 3, 'what is there already can be taken');
});
