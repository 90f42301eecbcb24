/** Tasks that submit to the pool that runs them (items 137–139, on every executor). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentExecutor, DeadlockError } from 'concurrent-futures';
import {
  addTwice,
  blockDown,
  blockFor,
  cancelBehindOutcome,
  cancelForAReason,
  cancelInside,
  captureInside,
  failInside,
  fibonacci,
  knowsItsExecutor,
  mapAll,
  sendFunctionInside,
  shutDownInside,
  submitAfterShutdown,
} from '../fixtures/nested-tasks.js';
import { add } from '../fixtures/tasks.js';
import { blockingBackends, managedProcesses } from '../support/backends.js';
import { everyBackend, isolatedBackends } from '../support/every-backend.js';
import { makeGate, makePool } from '../support/held.js';

test('outside any task there is no current executor', () => {
  assert.equal(currentExecutor(), undefined);
});

for (const backend of everyBackend) {
  const { name } = backend;

  test(`#137 a task submits to the pool that runs it, and awaits the outcome (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    assert.equal(await pool.submit(knowsItsExecutor), true);
    assert.equal(await pool.submit(addTwice, 2, 3), 10);
    assert.deepEqual(await pool.submit(mapAll, [1, 2, 3]), [1, 2, 3]);
    assert.equal(await pool.submit(failInside, 'oh'), 'TypeError: oh');
  });

  test(`a task that asks for captured output of its own pool is told that there is none (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    assert.equal(await pool.submit(captureInside), 'ERR_NOT_IMPLEMENTED');
  });

  test(`#138 a task shuts its pool down, and waiting for that is a DeadlockError (${name})`, async () => {
    for (const [wait, outcome] of [
      [false, 'shut down'],
      [true, 'ERR_DEADLOCK'],
    ] as const) {
      const pool = backend.make({ maxWorkers: 1 });
      assert.equal(await pool.submit(shutDownInside, wait), outcome);
      await pool.shutdown();
      assert.throws(() => pool.submit(add, 1, 2), { code: 'ERR_SHUTDOWN' });
    }
    const pool = backend.make({ maxWorkers: 1 });
    assert.equal(await pool.submit(submitAfterShutdown), 'ERR_SHUTDOWN');
    await pool.shutdown();
  });

  test(`#139 tasks that await calls of their own full pool do not use the workers up (${name})`, async (t) => {
    for (const maxWorkers of [1, 2]) {
      const pool = makePool(t, backend, { maxWorkers });
      const all = await Promise.all([7, 8, 9].map((n) => pool.submit(fibonacci, n)));
      assert.deepEqual(all, [13, 21, 34]);
    }
  });
}

for (const backend of isolatedBackends) {
  const { name } = backend;

  test(`a call that is cancelled inside a task has the reason that was given (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    assert.deepEqual(await pool.submit(cancelForAReason), ['CancelledError', 'not needed']);
  });

  test(`cancelling inside a task is exact (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    assert.deepEqual(await pool.submit(cancelInside), [true, true, false]);
  });

  test(`an argument that cannot travel fails the nested call and nothing else (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    assert.equal(await pool.submit(sendFunctionInside), 'PicklingError');
    assert.equal(await pool.submit(add, 1, 2), 3);
  });
}

for (const backend of [...isolatedBackends, managedProcesses]) {
  test(`a task cancels a call while outcomes of megabytes leave its worker (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    assert.equal(await pool.submit(cancelBehindOutcome, 4e6), 4e6);
  });
}

for (const backend of blockingBackends) {
  const { name } = backend;

  test(`#139 blocking on a call of the own pool works while a worker is free, and is a DeadlockError when none could be (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 3 });
    assert.equal(await pool.submit(blockDown, 2), 7);
    assert.equal(pool.submit(blockDown, 1).resultSync(), 7, 'with the parent blocked as well');
    await assert.rejects(pool.submit(blockDown, 3).result(), (error) => {
      assert.ok(error instanceof DeadlockError);
      assert.match(error.message, /every worker/);
      return true;
    });
    assert.equal(await pool.submit(add, 1, 2), 3, 'the pool goes on');
  });

  test(`blocking inside a task ends with its timeout (${name})`, async (t) => {
    const gate = makeGate(t);
    const pool = makePool(t, backend, { maxWorkers: 2 });
    assert.equal(await pool.submit(blockFor, 20, gate.address), 'TimeoutError');
  });
}
