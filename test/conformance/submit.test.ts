/** `submit`: what every executor promises about taking a call (items 73–78). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BrokenExecutor,
  Executor,
  ExecutorError,
  Future,
  ShutdownError,
  wait,
} from 'concurrent-futures';
import { argumentCount, firstItem } from '../fixtures/executor-tasks.js';
import { add, echo, noop, waitAt } from '../fixtures/tasks.js';
import { breakingPool } from '../support/broken-pool.js';
import { everyBackend } from '../support/every-backend.js';
import { makeGate, makePool } from '../support/held.js';
import { OwnExecutor, ownBackend } from '../support/own-executor.js';

const notImplemented = (error: unknown): boolean =>
  error instanceof ExecutorError &&
  error.code === 'ERR_NOT_IMPLEMENTED' &&
  error.message.includes('Unfinished');

test('#73 map, with and await using come with submit alone (own)', async () => {
  await using executor = new OwnExecutor();
  assert.deepEqual(await executor.map(add, [1, 2], [10, 20]).toArray(), [11, 22]);
  assert.equal(await executor.with({ timeout: 10_000 }).submit(add, 1, 2), 3);
});

test('#73 the base class runs nothing, and its shutdown does nothing (own)', async () => {
  // The compiler refuses `new Executor()`; JavaScript does not.
  const Bare = Executor as unknown as new () => Executor;
  class Unfinished extends Bare {
    declare submit: Executor['submit'];
  }
  const executor = new Unfinished();
  assert.throws(() => executor.submit(noop), notImplemented);
  assert.throws(() => executor.map(echo, [1]), notImplemented);
  assert.throws(() => executor.stats(), notImplemented);
  await executor.shutdown();
  await executor.shutdown({ wait: false, cancelFutures: true });
});

for (const backend of [...everyBackend, ownBackend]) {
  const { name } = backend;

  test(`#74 every argument goes to the function, options-like objects too (${name})`, async () => {
    await using pool = backend.make();
    assert.equal(await pool.submit(argumentCount), 0);
    assert.equal(await pool.submit(argumentCount, undefined, { timeout: 1 }), 2);
    const options = { fn: 1, self: 2, timeout: 0, signal: 3 };
    assert.deepEqual(await pool.submit(echo, options), options);
  });

  test(`#75 #178 submit returns at once, whatever the backlog (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const gate = makeGate(t);
    const first = pool.submit(waitAt, gate.address, -1);
    const futures = Array.from({ length: 3000 }, (_, i) => pool.submit(echo, i));
    await gate.whenArrived(1);
    assert.ok(futures.every((future) => future.state === 'pending'));
    gate.open();
    assert.equal(await first, -1);
    assert.deepEqual(await Promise.all(futures), [...futures.keys()]);
  });

  test(`#76 something that is no function fails the future with a TypeError (${name})`, async () => {
    await using pool = backend.make();
    for (const nothing of [undefined, null, 42, 'add', {}]) {
      const future = pool.submit(nothing as never);
      assert.ok(future instanceof Future);
      assert.ok((await future.exception()) instanceof TypeError);
      await assert.rejects(pool.map(nothing as never, [1] as never).next(), TypeError);
    }
    assert.equal(await pool.submit(add, 1, 2), 3);
  });

  const when = backend.isolated ? 'are what they were at submit' : 'are passed as they are';
  test(`#77 arguments ${when} (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const gate = makeGate(t);
    const busy = pool.submit(waitAt, gate.address, 0);
    const items = [1, 2];
    // A RegExp beside it makes the whole argument list travel by another way.
    const futures = [pool.submit(firstItem, items), pool.submit(firstItem, items, /x/)];
    items[0] = 99;
    gate.open();
    await wait([busy, ...futures]);
    assert.deepEqual(await Promise.all(futures), backend.isolated ? [1, 1] : [99, 99]);
  });
}

for (const backend of everyBackend) {
  const { name } = backend;

  test(`#78 a broken pool stays broken after shutdown (${name})`, async (t) => {
    const { pool, whenWarned } = breakingPool(t, backend);
    await assert.rejects(pool.submit(noop).result(), BrokenExecutor);
    assert.throws(() => pool.submit(noop), BrokenExecutor);
    await pool.shutdown();
    assert.throws(() => pool.submit(noop), BrokenExecutor);
    assert.throws(() => pool.submit(42 as never), BrokenExecutor, 'before fn is looked at');
    assert.throws(() => pool.map(echo, [1]), BrokenExecutor);
    await whenWarned();
  });

  test(`#78 a pool that is shut down looks at nothing else of a call (${name})`, async () => {
    const pool = backend.make();
    await pool.shutdown();
    assert.throws(() => pool.submit(42 as never), ShutdownError);
  });
}
