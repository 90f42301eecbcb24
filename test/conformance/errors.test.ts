/** Errors, warnings and the face of the module (items 217–225). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as library from 'concurrent-futures';
import {
  ALL_COMPLETED,
  BrokenExecutor,
  BrokenProcessPool,
  BrokenThreadPool,
  CancelledError,
  ExecutorError,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  InvalidStateError,
  ShutdownError,
  TimeoutError,
  wait,
} from 'concurrent-futures';
import { exitAtStart } from '../fixtures/initializers.js';
import { add, fail, noop, waitAt } from '../fixtures/tasks.js';
import { workerBackends } from '../support/backends.js';
import { breakingPool } from '../support/broken-pool.js';
import { everyBackend } from '../support/every-backend.js';
import { makeGate, makePool } from '../support/held.js';
import { runFixture, runFixtureOn } from '../support/fresh-process.js';
import { WarningLog } from '../support/warning-log.js';

function bad(): never {
  throw new Error('in a callback');
}

for (const backend of everyBackend) {
  const { name } = backend;

  test(`#217 what the executor raises is an ExecutorError with a code and a name (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const gate = makeGate(t);
    const running = pool.submit(waitAt, gate.address, 0);
    const cancelled = pool.submit(noop);
    assert.ok(cancelled.cancel('not needed'));
    const error = await cancelled.result().catch((reason: unknown) => reason);
    assert.ok(error instanceof CancelledError && error instanceof ExecutorError);
    assert.equal(error.code, 'ERR_CANCELLED');
    assert.equal(error.name, 'CancelledError');
    assert.equal(error.cause, 'not needed');
    assert.deepEqual(Object.keys(error), ['code'], 'the name is not an own property');
    assert.throws(() => cancelled.setResult(undefined), InvalidStateError);
    gate.open();
    await running;
  });

  test(`#218 a timeout is the library's TimeoutError, with its own code (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const gate = makeGate(t);
    const future = pool.submit(waitAt, gate.address, 1);
    const waiting = await future.result({ timeout: 0 }).catch((reason: unknown) => reason);
    const limited = pool.with({ timeout: 1 }).submit(noop);
    for (const error of [waiting, await limited.exception()]) {
      assert.ok(error instanceof TimeoutError && error instanceof ExecutorError);
      assert.equal(error.code, 'ERR_TIMEOUT');
      assert.equal(error instanceof DOMException, false);
    }
    gate.open();
    assert.equal(await future, 1);
  });

  test(`#219 a broken pool raises the class of its kind (${name})`, async (t) => {
    const { pool, whenWarned } = breakingPool(t, backend);
    const error = await pool.submit(noop).exception();
    assert.ok(error instanceof BrokenExecutor);
    assert.ok(error instanceof backend.brokenClass);
    for (const other of [BrokenThreadPool, BrokenProcessPool]) {
      assert.equal(error instanceof other, other === backend.brokenClass);
    }
    await whenWarned();
  });

  test(`#220 shut down and broken are told apart by class and code (${name})`, async () => {
    const pool = backend.make();
    await pool.shutdown();
    assert.throws(
      () => pool.submit(noop),
      (error) => {
        assert.ok(error instanceof ShutdownError);
        assert.equal(error instanceof BrokenExecutor, false);
        assert.equal(error.code, 'ERR_SHUTDOWN');
        return true;
      },
    );
  });

  test(`#221 a CancelledError is no AbortError; an aborted signal is its cause (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const gate = makeGate(t);
    const running = pool.submit(waitAt, gate.address, 0);
    const controller = new AbortController();
    const future = pool.with({ signal: controller.signal }).submit(noop);
    controller.abort();
    const error = await future.result().catch((reason: unknown) => reason);
    assert.ok(error instanceof CancelledError);
    assert.notEqual(error.name, 'AbortError');
    assert.equal(error.cause, controller.signal.reason);
    gate.open();
    await running;
  });

  test(`#222 failures with nobody to receive them are process warnings, once each (${name})`, async (t) => {
    const warnings = new WarningLog(t);
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const future = pool.submit(add, 1, 2);
    future.addDoneCallback(bad);
    await future;
    future.addDoneCallback(bad);
    await warnings.next('CF_CALLBACK_FAILED');
    await new Promise(setImmediate);
    assert.deepEqual(warnings.codes(), ['CF_CALLBACK_FAILED', 'CF_CALLBACK_FAILED']);
    for (const warning of warnings.seen) assert.equal(warning.name, 'ConcurrentFuturesWarning');
  });

  test(`#222 nothing else is ever reported (${name})`, async (t) => {
    const warnings = new WarningLog(t);
    const pool = backend.make({ maxWorkers: 1 });
    const failed = pool.submit(fail, 'read');
    const cancelled = pool.submit(noop);
    cancelled.cancel();
    await wait([failed, cancelled]);
    assert.ok((await failed.exception()) instanceof TypeError);
    await pool.shutdown({ cancelFutures: true });
    await new Promise(setImmediate);
    assert.deepEqual(warnings.codes(), []);
  });

  for (const how of ['unread', 'with a timeout']) {
    test(`#223 a failure that nobody reads becomes a warning, ${how} (${name})`, async (t) => {
      const { code, stdout, stderr } = await runFixtureOn(t, backend, 'unread-failure', how);
      assert.match(stdout, /^collected: true$/m);
      assert.match(stdout, /^CF_UNREAD_FAILURE .*fail.*TypeError: lost$/m);
      assert.match(stderr, /CF_UNREAD_FAILURE/);
      assert.equal(code, 0);
    });
  }

  for (const how of ['read with exception()', 'read in a callback', 'read later']) {
    test(`#223 a failure that is ${how} warns nobody (${name})`, async (t) => {
      const { code, stdout, stderr } = await runFixtureOn(t, backend, 'unread-failure', how);
      assert.deepEqual(
        { code, stdout, stderr },
        { code: 0, stdout: 'collected: true\n', stderr: '' },
      );
    });
  }
}

test('#219 the classes of broken pools have one parent (threads)', () => {
  assert.ok(new BrokenThreadPool('x') instanceof BrokenExecutor);
  assert.ok(new BrokenProcessPool('x') instanceof BrokenExecutor);
  assert.ok(new BrokenExecutor('x') instanceof ExecutorError);
  assert.equal(new BrokenExecutor('x') instanceof BrokenThreadPool, false);
  assert.equal(new BrokenThreadPool('x') instanceof BrokenProcessPool, false);
});

for (const backend of workerBackends) {
  test(`#222 a worker that cannot start warns with what it left behind (${backend.name})`, async (t) => {
    const warnings = new WarningLog(t);
    const pool = makePool(t, backend, { initializer: exitAtStart, initArgs: [5] });
    await assert.rejects(pool.submit(noop).result(), backend.brokenClass);
    assert.match((await warnings.next('CF_POOL_BROKEN')).message, /exit code 5/);
  });
}

test('#224 importing starts nothing and holds nothing (threads)', async () => {
  const { code, stdout, stderr } = await runFixture('import-only');
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '[] true\n', stderr: '' });
});

test('#224 every export has a name of its own, and none is a default (threads)', () => {
  for (const [key, value] of Object.entries(library)) {
    assert.match(key, /^[A-Za-z][A-Za-z_]+$/);
    assert.notEqual(key, 'default');
    if (typeof value === 'function') assert.equal(value.name, key);
  }
});

test('#225 the constants are their own names (threads)', () => {
  assert.deepEqual(
    [FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED],
    ['FIRST_COMPLETED', 'FIRST_EXCEPTION', 'ALL_COMPLETED'],
  );
});
