/** What breaks a pool, and what that means for its calls: start failures, time limits, the break rule. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { BrokenThreadPool, ExecutorError, PicklingError, ShutdownError } from 'concurrent-futures';
import type { PoolOptions } from '#dist/executor/pool-options.js';
import { bury, type FakeBackend, fakePool } from '../support/fake-backend.js';
import { passTime } from '../support/mocked-time.js';
import { WarningLog } from '../support/warning-log.js';
import { setMark } from '../fixtures/executor-tasks.js';

function start(t: TestContext, options: PoolOptions = {}) {
  const { pool, backend } = fakePool(options);
  t.after(() => bury(pool, backend));
  return { pool, backend, warnings: new WarningLog(t) };
}

function assertFailures(backend: FakeBackend, count: number, code: string, message: RegExp): void {
  assert.equal(backend.failures.length, count);
  for (const error of backend.failures) {
    assert.ok(error instanceof BrokenThreadPool);
    assert.equal(error.code, code);
    assert.match(error.message, message);
  }
  assert.equal(new Set(backend.failures).size, count, 'each call has an error of its own');
}

test('an initializer that can not travel breaks the pool, with the error as the cause', async (t) => {
  const { pool, backend, warnings } = start(t);
  const cause = new PicklingError('It needs this thread.');
  backend.startError = cause;
  backend.call();
  assertFailures(backend, 1, 'ERR_WORKER_START', /test_0 could not be started/);
  assert.equal(backend.failures[0]?.cause, cause);
  assert.throws(() => backend.call(), BrokenThreadPool);
  await warnings.next('CF_POOL_BROKEN');
  await pool.shutdown({});
});

test('a failing initializer fails what is queued and spares what runs', (t) => {
  const { pool, backend } = start(t, { maxWorkers: 2, initializer: setMark });
  for (let i = 0; i < 4; i++) backend.call();
  backend.ready(0);
  backend.begin(0);
  backend.startFailed(1, new RangeError('no'));
  assertFailures(backend, 3, 'ERR_INITIALIZER', /initializer of worker test_1 failed/);
  assert.equal(pool.stats().running, 1);
  assert.deepEqual(backend.log.slice(2), [], 'the healthy worker goes on');
  backend.finish(0);
  assert.deepEqual(backend.log.slice(2), ['close 0'], 'and ends when it is done');
});

test('the end of a worker in its initializer is put down to that', (t) => {
  const { backend } = start(t, { maxWorkers: 1, initializer: setMark });
  backend.call();
  backend.tell(0, { kind: 'initializing' });
  backend.exit(0, 13);
  assertFailures(backend, 1, 'ERR_INITIALIZER', /in its initializer, with exit code 13/);
});

test('an initializer that does not return in time breaks the pool, and its worker is terminated', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { pool, backend } = start(t, {
    maxWorkers: 1,
    startTimeout: 500,
    initializer: setMark,
  });
  backend.call();
  backend.tell(0, { kind: 'initializing' });
  await passTime(t, 1000);
  assertFailures(backend, 1, 'ERR_INITIALIZER', /was not ready .* after 500 ms.*set startTimeout/);
  assert.deepEqual(backend.log, ['spawn 0 test_0', 'terminate 0']);
  backend.exit(0, 1);
  assert.equal(backend.failures.length, 1);
  assert.equal(pool.stats().workers, 0);
});

test('a worker that is ready has no time limit any more', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { backend } = start(t, { maxWorkers: 1, startTimeout: 500 });
  backend.call();
  backend.ready(0);
  await passTime(t, 10_000);
  assert.deepEqual(backend.log, ['spawn 0 test_0']);
  assert.deepEqual(backend.failures, []);
});

test("under 'break' a death fails everything and terminates everybody", (t) => {
  const { backend } = start(t, { maxWorkers: 2, onWorkerDeath: 'break' });
  for (let i = 0; i < 4; i++) backend.call();
  backend.ready(0);
  backend.ready(1);
  backend.begin(0);
  backend.begin(1);
  backend.exit(0, 9);
  assert.deepEqual(backend.log.slice(2), ['terminate 1']);
  backend.exit(1, 1);
  assert.equal(backend.failures.length, 4);
  const codes = backend.failures.map((error) => (error as ExecutorError).code);
  assert.equal(codes[0], 'ERR_WORKER_DIED', 'the call that the dead worker ran');
  assert.ok(codes.slice(1).every((code) => code === 'ERR_POOL_BROKEN'));
  assert.throws(() => backend.call(), {
    name: 'BrokenThreadPool',
    message: /exit code 9.*break/,
  });
  assert.deepEqual(backend.log.slice(3), [], 'nobody is replaced');
});

test("under 'break' a worker that was asked to end, or retires, breaks nothing", async (t) => {
  const { pool, backend } = start(t, {
    maxWorkers: 1,
    onWorkerDeath: 'break',
    maxTasksPerChild: 1,
  });
  backend.call();
  backend.ready(0);
  backend.begin(0);
  backend.finish(0);
  backend.exit(0, 0, { retired: true });
  backend.call();
  backend.ready(0);
  backend.begin(0);
  backend.finish(0);
  const down = pool.shutdown({});
  backend.exit(0, 0);
  await down;
  assert.deepEqual(backend.failures, []);
  assert.throws(() => backend.call(), ShutdownError);
});

test('the cause and the exit code of a death are in the error', (t) => {
  const { backend } = start(t, { maxWorkers: 1 });
  backend.call();
  backend.ready(0);
  backend.begin(0);
  const cause = new RangeError('heap');
  backend.exit(0, 1, { cause });
  const [error] = backend.failures;
  assert.ok(error instanceof BrokenThreadPool);
  assert.equal(error.code, 'ERR_WORKER_DIED');
  assert.equal(error.cause, cause);
  assert.deepEqual([error.worker, error.task, error.exitCode], ['test_0', 'working', 1]);
  assert.match(error.message, /RangeError: heap/);
});

test('a pool warns once, however much breaks', async (t) => {
  const { backend, warnings } = start(t, { maxWorkers: 2, initializer: setMark });
  backend.call();
  backend.call();
  backend.startFailed(0, new Error('first'));
  backend.startFailed(1, new Error('second'));
  await warnings.next('CF_POOL_BROKEN');
  assert.equal(warnings.seen.length, 1);
  assert.match(warnings.seen[0]?.detail ?? '', /first/);
});
