/** Tasks that block their workers on calls of their own pool: whoever can carry these out does, and if nobody can, that is told. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ThreadPoolExecutor } from 'concurrent-futures';
import { echo } from '../fixtures/tasks.ts';
import {
  awaitAndBlock,
  awaitAndBlockOnShared,
  blockAmongOthers,
  blockAndAsk,
  blockInCallbacks,
  blockOnOwn,
  leaveBlockerBehind,
  waitDownAt,
} from '../fixtures/nested-tasks.ts';
import { blockingBackends, workerBackends } from '../support/backends.ts';
import { closeAfter, makeGate, makePool } from '../support/held.ts';

for (const backend of new Set([...workerBackends, ...blockingBackends])) {
  suite(`tasks that block on their own pool (${backend.name})`, () => {
    test('a call is carried out by whoever waits for another one, not left to who is blocked', async (t) => {
      const [first, second, third] = [makeGate(t), makeGate(t), makeGate(t)];
      const pool = makePool(t, backend, { maxWorkers: 2 });
      const blocking = pool.submit(blockAndAsk, first.address, second.address, 'asked');
      await first.whenArrived(1);
      const waiting = pool.submit(waitDownAt, third.address, 'waited', 2);
      await third.whenArrived(1);
      first.open();
      await second.whenArrived(1);
      second.open();
      third.open();
      assert.deepEqual(await Promise.all([blocking, waiting]), ['asked', 'waited']);
    });

    test('blocking on what has begun in the same worker is a DeadlockError', async (t) => {
      const gate = makeGate(t);
      const pool = makePool(t, backend, { maxWorkers: 1 });
      assert.equal(await pool.submit(blockOnOwn, gate.address), 'ERR_DEADLOCK');
    });

    test('a task that has awaited a call may block on the next: the other worker begins it', async (t) => {
      const pool = makePool(t, backend, { maxWorkers: 2 });
      // Both are there, and idle.
      await Promise.all(Array.from({ length: 20 }, (_, i) => pool.submit(echo<number>, i)));
      for (let i = 0; i < 5; i++) assert.equal(await pool.submit(awaitAndBlock, 10), 20);
    });

    test('callbacks of calls may block on others', async (t) => {
      const pool = makePool(t, backend, { maxWorkers: 2 });
      const numbers = Array.from({ length: 50 }, (_, i) => i);
      assert.deepEqual(await pool.submit(blockInCallbacks, 50), numbers);
    });

    test('tasks that block, await and give up, one inside of the other, all end', async (t) => {
      for (const maxWorkers of [1, 2]) {
        const pool = makePool(t, backend, { maxWorkers });
        const calls = Array.from({ length: 8 }, (_, i) => pool.submit(blockAmongOthers, i, 2));
        for (const sum of await Promise.all(calls)) assert.ok(sum >= 3);
      }
    });

    test('blocking ends when the last worker that might have helped is gone', async (t) => {
      const [first, second] = [makeGate(t), makeGate(t)];
      const pool = makePool(t, backend, { maxWorkers: 1, maxTasksPerChild: 1 });
      const leaving = pool.submit(leaveBlockerBehind, first.address, second.address);
      await first.whenArrived(1);
      first.open();
      await leaving;
      await second.whenArrived(1);
      assert.equal(pool.stats().failed, 0, 'the task that blocked goes on');
    });
  });
}

test('a call with memory that threads share is not kept for the worker that may come to block on it', async (t) => {
  for (const maxWorkers of [2, 3]) {
    const pool = closeAfter(t, new ThreadPoolExecutor({ maxWorkers }));
    // All are there, and idle.
    await Promise.all(Array.from({ length: 20 }, (_, i) => pool.submit(echo<number>, i)));
    for (let i = 0; i < 3; i++) assert.equal(await pool.submit(awaitAndBlockOnShared, 20), 20);
  }
});
