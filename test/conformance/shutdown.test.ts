/** `shutdown` and `await using` (items 106–109 and 111–115). Process exit is in exit.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asCompleted, CancelledError, ShutdownError, wait } from 'concurrent-futures';
import { record } from '../fixtures/executor-tasks.js';
import { add, echo, noop, waitAt } from '../fixtures/tasks.js';
import { everyBackend } from '../support/every-backend.js';
import { makeGate, makePool } from '../support/held.js';
import { listed, makeList } from '../support/lists.js';
import { OwnExecutor } from '../support/own-executor.js';
import { whenCancelled, whenRunning } from '../support/remote.js';

for (const backend of everyBackend) {
  const { name } = backend;

  test(`#194 a call that is submitted and cancelled right before shutdown holds up nothing (${name})`, async () => {
    for (const other of [false, true]) {
      const pool = backend.make({ maxWorkers: 1 });
      const before = other ? pool.submit(add, 1, 2) : undefined;
      const future = pool.submit(noop);
      assert.equal(future.cancel(), true);
      await pool.shutdown();
      assert.equal(future.cancelled(), true);
      assert.equal(await before, other ? 3 : undefined);
    }
  });

  test(`#106 shutdown may be called any number of times, and concurrently (${name})`, async () => {
    const pool = backend.make();
    const future = pool.submit(add, 1, 2);
    await Promise.all([
      pool.shutdown(),
      pool.shutdown({ wait: false }),
      pool.shutdown({ cancelFutures: false }),
      pool[Symbol.asyncDispose](),
    ]);
    assert.equal(await future, 3);
    await pool.shutdown();
    await pool.shutdown({ wait: false, cancelFutures: true });
  });

  test(`#106 a pool that was never used shuts down without starting anything (${name})`, async () => {
    const pool = backend.make();
    await pool.shutdown();
    assert.equal(pool.stats().workers, 0);
  });

  test(`#106 an unknown option of shutdown is refused, and nothing happens (${name})`, async () => {
    await using pool = backend.make();
    await assert.rejects(
      async () => pool.shutdown({ cancel: true } as never),
      /no option 'cancel'.*wait, cancelFutures/,
    );
    assert.equal(await pool.submit(add, 1, 2), 3);
  });

  test(`#107 after shutdown submit and map throw a ShutdownError (${name})`, async () => {
    const pool = backend.make();
    const bound = pool.with({ timeout: 1000 });
    await pool.submit(noop);
    const down = pool.shutdown();
    for (const executor of [pool, bound]) {
      const expected = { name: 'ShutdownError', code: 'ERR_SHUTDOWN', message: /after shutdown/ };
      assert.throws(() => executor.submit(noop), expected);
      assert.throws(() => executor.map(echo<number>, [1]), expected);
    }
    await down;
    assert.throws(() => pool.submit(noop), ShutdownError);
  });

  test(`#108 #192 shutdown waits for pending calls and for the workers' end (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 2 });
    const gate = makeGate(t);
    const futures = Array.from({ length: 6 }, (_, i) => pool.submit(waitAt, gate.address, i));
    await gate.whenArrived(2);
    let isDown = false;
    const down = pool.shutdown().then(() => (isDown = true));
    if (backend.lacks?.workers === undefined) assert.equal(pool.stats().workers, 2);
    await new Promise(setImmediate);
    assert.equal(isDown, false);
    gate.open();
    await down;
    assert.equal(pool.stats().workers, 0);
    assert.ok(futures.every((future) => future.done()));
    assert.deepEqual(await Promise.all(futures), [0, 1, 2, 3, 4, 5]);
  });

  test(`#109 #193 without wait it settles at once, and pending calls complete (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const gate = makeGate(t);
    const futures = [pool.submit(waitAt, gate.address, 1), pool.submit(echo, 2)];
    await pool.shutdown({ wait: false });
    assert.ok(futures.every((future) => !future.done()));
    gate.open();
    assert.deepEqual(await Promise.all(futures), [1, 2]);
    await pool.shutdown();
    assert.equal(pool.stats().workers, 0);
  });

  test(`#111 #195 cancelFutures cancels what has not begun; the rest completes (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 2 });
    const gate = makeGate(t);
    const running = [pool.submit(waitAt, gate.address, 1), pool.submit(waitAt, gate.address, 2)];
    await gate.whenArrived(2);
    await whenRunning(backend, ...running);
    const list = makeList(t);
    const pending = Array.from({ length: 100 }, (_, i) => pool.submit(record, list, i));
    const down = pool.shutdown({ cancelFutures: true });
    assert.ok(pending.every((future) => future.cancelled()));
    assert.ok(running.every((future) => future.running()));
    gate.open();
    await down;
    assert.deepEqual(await Promise.all(running), [1, 2]);
    assert.deepEqual(listed(list), []);
    assert.equal(pool.stats().cancelled, 100);
  });

  test(`#111 #196 cancelFutures works in a second shutdown, too (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const gate = makeGate(t);
    const running = pool.submit(waitAt, gate.address, 1);
    const pending = pool.submit(noop);
    await gate.whenArrived(1);
    const down = pool.shutdown();
    assert.equal(pending.cancelled(), false);
    await pool.shutdown({ wait: false, cancelFutures: true });
    await whenCancelled(backend, pool, 1);
    assert.equal(pending.cancelled(), true);
    gate.open();
    await down;
    assert.equal(await running, 1);
  });

  test(`#112 whoever waits for futures that shutdown cancels is told at once (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const gate = makeGate(t);
    const running = pool.submit(waitAt, gate.address, 1);
    await gate.whenArrived(1);
    await whenRunning(backend, running);
    const pending = [pool.submit(noop), pool.submit(noop)];
    const waiting = wait(pending);
    const results = pending.map((future) => future.result());
    const completing = asCompleted(pending);
    const down = pool.shutdown({ cancelFutures: true });
    // The worker is still held: nothing of this needs it.
    const { done, notDone } = await waiting;
    assert.equal(done.size, 2);
    assert.equal(notDone.size, 0);
    const yielded = [await completing.next(), await completing.next()];
    assert.ok(yielded.every(({ value }) => value?.cancelled()));
    assert.equal((await completing.next()).done, true);
    for (const result of results) await assert.rejects(result, CancelledError);
    assert.equal((await wait(pending)).done.size, 2, 'also for whoever comes later');
    assert.equal(running.running(), true);
    gate.open();
    await down;
  });

  test(`#113 shutdown is a promise, so whoever waits for it can stop waiting (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const gate = makeGate(t);
    const future = pool.submit(waitAt, gate.address, 1);
    await gate.whenArrived(1);
    const down = pool.shutdown();
    const given = new Promise((resolve) => setImmediate(resolve, 'given up'));
    const first = await Promise.race([down.then(() => 'down'), given]);
    assert.equal(first, 'given up');
    gate.open();
    await down;
    assert.equal(await future, 1);
  });

  test(`#114 await using ends with shutdown({ wait: true }) (${name})`, async () => {
    let outside;
    let future;
    {
      await using pool = backend.make();
      outside = pool;
      future = pool.submit(add, 1, 2);
    }
    assert.ok(future.done());
    assert.equal(outside.stats().workers, 0);
    {
      await using again = outside;
      assert.throws(() => again.submit(noop), ShutdownError);
    }
  });

  test(`#115 an error in the block waits for all queued calls, then goes on (${name})`, async (t) => {
    const list = makeList(t);
    const problem = new Error('in the block');
    const block = async (): Promise<void> => {
      await using pool = backend.make({ maxWorkers: 1 });
      for (let i = 0; i < 20; i++) pool.submit(record, list, i);
      throw problem;
    };
    await assert.rejects(block(), (error) => error === problem);
    assert.equal(listed(list).length, 20);
  });
}

test('#106 a shutdown that is inherited does nothing, however often (own)', async () => {
  const executor = new OwnExecutor();
  await Promise.all([executor.shutdown(), executor.shutdown({ cancelFutures: true })]);
  await executor[Symbol.asyncDispose]();
  assert.equal(await executor.submit(add, 1, 2), 3);
});
