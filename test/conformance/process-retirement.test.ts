/** Workers that end after `maxTasksPerChild` calls, and those that take their places (items 159–163). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Future, ProcessPoolExecutor, wait } from 'concurrent-futures';
import { leaveAtExit } from '../fixtures/executor-tasks.js';
import { makeBytes } from '../fixtures/payload-tasks.js';
import { logStay, whichProcess } from '../fixtures/process-state-tasks.js';
import { add, echo, waitAt } from '../fixtures/tasks.js';
import { isCollected } from '../support/garbage.js';
import { Gate } from '../support/gate.js';
import { makeGate } from '../support/held.js';
import { listed, makeList } from '../support/lists.js';
import { exists, processPool, until } from '../support/process-pool.js';

/** How often each value occurs, in the order in which they come first. */
function counts(values: readonly number[]): number[] {
  return [...new Set(values)].map((each) => values.filter((other) => other === each).length);
}

test('#159 after maxTasksPerChild calls a worker ends, and another process takes its place', async (t) => {
  const pool = processPool(t, { maxWorkers: 1, maxTasksPerChild: 3 });
  const pids: number[] = [];
  for (let i = 0; i < 7; i++) pids.push(await pool.submit(whichProcess));
  assert.deepEqual(counts(pids), [3, 3, 1]);
  await pool.shutdown();
  assert.deepEqual(new Set(pids.map(exists)), new Set([false]));
  const { completed, failed } = pool.stats();
  assert.deepEqual({ completed, failed }, { completed: 7, failed: 0 });
});

test('#159 with maxTasksPerChild 1 every call has a process to itself', async (t) => {
  const pool = processPool(t, { maxWorkers: 2, maxTasksPerChild: 1 });
  const pids = await Promise.all(Array.from({ length: 12 }, () => pool.submit(whichProcess)));
  assert.equal(new Set(pids).size, 12);
});

test('#160 a worker that has used its calls up is replaced whether others are idle or not', async (t) => {
  const pool = processPool(t, { maxWorkers: 2, maxTasksPerChild: 2 });
  for (let round = 0; round < 4; round++) {
    await pool.submit(echo, round);
    const gate = makeGate(t);
    const both = [0, 1].map((i) => pool.submit(waitAt, gate.address, i));
    await gate.whenArrived(2);
    gate.open();
    assert.deepEqual(await Promise.all(both), [0, 1]);
  }
});

test('#160 a successor is started ahead, and is given nothing while its predecessor runs', async (t) => {
  const pool = processPool(t, { maxWorkers: 1, maxTasksPerChild: 1 });
  const [door, gate] = [makeGate(t), makeGate(t)];
  const last = pool.submit(waitAt, door.address, 'last');
  const next = pool.submit(waitAt, gate.address, 'next');
  await door.whenArrived(1);
  await until(() => pool.stats().idle === 1 || next.running());
  assert.equal(next.running(), false);
  assert.equal(last.running(), true);
  assert.equal(pool.stats().workers, 2);
  door.open();
  assert.equal(await last, 'last');
  await gate.whenArrived(1);
  gate.open();
  assert.equal(await next, 'next');
});

test('#160 never more than maxWorkers calls run at once', async (t) => {
  const pool = processPool(t, { maxWorkers: 2, maxTasksPerChild: 1 });
  const list = makeList(t);
  await Promise.all(Array.from({ length: 12 }, () => pool.submit(logStay, list)));
  let inside = 0;
  const crowds = listed(list).map((step) => (inside += step));
  assert.equal(crowds.length, 24);
  assert.ok(Math.max(...crowds) <= 2, crowds.join(' '));
});

test('#160 a long last call keeps its worker, and the others do the rest', async (t) => {
  const pool = processPool(t, { maxWorkers: 2, maxTasksPerChild: 1 });
  const gate = makeGate(t);
  const long = pool.submit(waitAt, gate.address, 'long');
  await gate.whenArrived(1);
  const rest = Array.from({ length: 6 }, (_, i) => pool.submit(add, i, i));
  assert.deepEqual(await Promise.all(rest), [0, 2, 4, 6, 8, 10]);
  assert.equal(long.running(), true);
  gate.open();
  assert.equal(await long, 'long');
});

for (const waits of [true, false]) {
  const number = waits ? '#161' : '#162';
  test(`${number} shutdown({ wait: ${waits} }) right after submit: every call is carried out, by a worker of its own`, async () => {
    const pool = new ProcessPoolExecutor({ maxWorkers: 2, maxTasksPerChild: 1 });
    const futures = Array.from({ length: 6 }, () => pool.submit(whichProcess));
    await pool.shutdown({ wait: waits });
    if (waits) assert.ok(futures.every((future) => future.done()));
    assert.equal(new Set(await Promise.all(futures)).size, 6);
    await pool.shutdown();
    assert.equal(pool.stats().workers, 0);
  });
}

test('#162 shutdown({ wait: false }) while a worker leaves: the calls behind it get another', async (t) => {
  const pool = processPool(t, { maxWorkers: 1, maxTasksPerChild: 1 });
  const gate = makeGate(t);
  const last = pool.submit(waitAt, gate.address, 0);
  await gate.whenArrived(1);
  const behind = [1, 2].map((i) => pool.submit(echo, i));
  await pool.shutdown({ wait: false });
  gate.open();
  assert.deepEqual(await Promise.all([last, ...behind]), [0, 1, 2]);
});

test('#163 a pool that is collected while workers retire carries out what is left', async (t) => {
  const [gate, door] = [new Gate(), new Gate()];
  t.after(() => gate.open());
  const start = (): { pool: WeakRef<object>; futures: Future<unknown>[] } => {
    const pool = new ProcessPoolExecutor({ maxWorkers: 1, maxTasksPerChild: 1 });
    const held = pool.submit(waitAt, gate.address, 'held');
    const behind = [0, 1, 2].map(() => pool.submit(leaveAtExit, door.address));
    return { pool: new WeakRef(pool), futures: [held, ...behind] };
  };
  const { pool, futures } = start();
  await gate.whenArrived(1);
  gate.open();
  await wait(futures);
  await Promise.all(futures);
  assert.ok(await isCollected(pool));
  await door.whenLeft(3);
});

test('a result that is larger than the channel arrives, although its worker ends with it', async (t) => {
  const pool = processPool(t, { maxWorkers: 1, maxTasksPerChild: 1 });
  const size = 8 << 20;
  assert.equal((await pool.submit(makeBytes, size)).length, size);
});

test('a pool that is shut down starts no successor that nothing waits for', async (t) => {
  const pool = processPool(t, { maxWorkers: 1, maxTasksPerChild: 1 });
  const gate = makeGate(t);
  const last = pool.submit(waitAt, gate.address, 'last');
  await pool.shutdown({ wait: false });
  await gate.whenArrived(1);
  assert.equal(pool.stats().workers, 1);
  gate.open();
  assert.equal(await last, 'last');
});
