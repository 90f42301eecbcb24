/** A worker that can't be started, or dies while it starts, is a shortage and no verdict. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { BrokenThreadPool } from 'concurrent-futures';
import type { PoolOptions } from '#dist/executor/pool-options.js';
import { bury, fakePool } from '../support/fake-backend.js';
import { passTime } from '../support/mocked-time.js';
import { setMark } from '../fixtures/executor-tasks.js';

function start(t: TestContext, options: PoolOptions = {}) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { pool, backend } = fakePool({ maxWorkers: 1, ...options });
  t.after(() => bury(pool, backend));
  return { pool, backend };
}

const NO_THREADS = Object.assign(new Error('no threads left'), { code: 'EAGAIN' });

test('a worker that can not be started is tried again later, each time after a longer while', (t) => {
  const { backend } = start(t);
  backend.startError = NO_THREADS;
  backend.call();
  assert.deepEqual(backend.log, ['spawn 0 test_0']);
  t.mock.timers.tick(49);
  assert.equal(backend.log.length, 1);
  t.mock.timers.tick(1);
  assert.equal(backend.log.length, 2);
  t.mock.timers.tick(99);
  assert.equal(backend.log.length, 2);
  assert.deepEqual(backend.failures, []);
  backend.startError = undefined;
  t.mock.timers.tick(1);
  backend.ready(0);
  backend.begin(0);
  backend.finish(0);
  assert.deepEqual(backend.failures, []);
});

test('after three tries in a row the calls that wait fail, and the next call tries again', (t) => {
  const { pool, backend } = start(t);
  backend.startError = NO_THREADS;
  backend.call();
  backend.call();
  t.mock.timers.tick(50);
  t.mock.timers.tick(100);
  assert.equal(backend.failures.length, 2);
  for (const error of backend.failures) {
    assert.ok(error instanceof BrokenThreadPool);
    assert.equal(error.code, 'ERR_WORKER_START');
    assert.equal(error.cause, NO_THREADS);
    assert.match(
      error.message,
      /test_0 could not be started: no threads left\. .*next call tries again/,
    );
  }
  assert.notEqual(backend.failures[0], backend.failures[1], 'each call has an error of its own');
  backend.startError = undefined;
  backend.log.length = 0;
  backend.call();
  assert.deepEqual(backend.log, ['spawn 0 test_0']);
  backend.ready(0);
  backend.begin(0);
  backend.finish(0);
  assert.equal(pool.stats().completed, 1);
});

test('a worker that dies before it is ready is a failed try', (t) => {
  const { backend } = start(t);
  backend.call();
  backend.exit(0, 13);
  assert.deepEqual(backend.failures, []);
  t.mock.timers.tick(50);
  backend.exit(0, undefined, { signal: 'SIGKILL' });
  t.mock.timers.tick(100);
  backend.exit(0, 14);
  const [failure] = backend.failures as Error[];
  assert.equal(backend.failures.length, 1);
  assert.match(failure?.message ?? '', /before it was ready, with exit code 14/);
});

test('a signal from outside is no verdict on the initializer', (t) => {
  const { backend } = start(t, { initializer: setMark });
  backend.call();
  backend.tell(0, { kind: 'initializing' });
  backend.exit(0, undefined, { signal: 'SIGKILL' });
  assert.deepEqual(backend.failures, []);
  t.mock.timers.tick(50);
  assert.deepEqual(backend.log, ['spawn 0 test_0', 'spawn 0 test_0']);
});

test('with a healthy worker the pool goes on, and tries for another now and then', (t) => {
  const { pool, backend } = start(t, { maxWorkers: 2 });
  backend.call();
  backend.ready(0);
  backend.begin(0);
  backend.startError = NO_THREADS;
  for (let i = 0; i < 5; i++) backend.call();
  for (let i = 0; i < 8; i++) t.mock.timers.tick(5_000);
  assert.ok(backend.log.length > 4);
  assert.deepEqual(backend.failures, []);
  backend.startError = undefined;
  t.mock.timers.tick(5_000);
  backend.ready(1);
  assert.equal(pool.stats().workers, 2);
});

test('a worker that is not ready in time is ended, and the calls that wait for it fail', async (t) => {
  const { pool, backend } = start(t, { startTimeout: 500 });
  backend.call();
  await passTime(t, 1000);
  assert.equal(backend.failures.length, 1);
  assert.match(backend.failures[0]?.message ?? '', /was not ready after 500 ms.*set startTimeout/);
  assert.deepEqual(backend.log, ['spawn 0 test_0', 'terminate 0']);
  backend.exit(0, 1);
  assert.equal(pool.stats().workers, 0);
  backend.call();
  assert.deepEqual(backend.log.slice(2), ['spawn 0 test_0']);
});

test("under 'break' a death while starting breaks the pool, as any other", (t) => {
  const { backend } = start(t, { onWorkerDeath: 'break' });
  backend.call();
  backend.exit(0, undefined, { signal: 'SIGKILL' });
  assert.equal(backend.failures.length, 1);
  assert.throws(() => backend.call(), { code: 'ERR_POOL_BROKEN' });
});

test('a shutdown does not wait for tries that nobody needs', async (t) => {
  const { pool, backend } = start(t);
  backend.startError = NO_THREADS;
  backend.call();
  await pool.shutdown({ cancelFutures: true });
  await passTime(t, 10_000);
  assert.deepEqual(backend.log, ['spawn 0 test_0', 'cancelPending']);
});
