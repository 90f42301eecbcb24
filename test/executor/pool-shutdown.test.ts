/** The order of things in a pool's shutdown, seen on a backend that has no workers. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ShutdownError } from 'concurrent-futures';
import { toMessage } from '#dist/codec/message.js';
import { Future } from '#dist/future/future.js';
import { bury, fakePool } from '../support/fake-backend.js';

/** A pool with one worker that is ready, and one call under way in it. */
function busyPool(t: TestContext) {
  const { pool, backend } = fakePool({ maxWorkers: 1 });
  t.after(() => bury(pool, backend));
  backend.call();
  backend.ready(0);
  backend.begin(0);
  return { pool, backend };
}

/** Whether a promise is settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await new Promise(setImmediate);
  return settled;
}

test('a pool without workers is down at once', async () => {
  const { pool, backend } = fakePool();
  await pool.shutdown({});
  assert.deepEqual(backend.log, []);
  assert.ok(backend.ended > 0);
  assert.throws(() => backend.call(), ShutdownError);
});

test('workers are closed after the last call, and the promise settles after the last worker', async (t) => {
  const { pool, backend } = busyPool(t);
  const down = pool.shutdown({});
  assert.deepEqual(backend.log, ['spawn 0 test_0']);
  backend.finish(0);
  assert.deepEqual(backend.log, ['spawn 0 test_0', 'close 0']);
  assert.equal(await isSettled(down), false);
  assert.equal(backend.ended, 0);
  backend.exit(0);
  await down;
  assert.ok(backend.ended > 0);
});

test('without wait the promise settles at once, and things take the same course', async (t) => {
  const { pool, backend } = busyPool(t);
  await pool.shutdown({ wait: false });
  backend.finish(0);
  assert.deepEqual(backend.log.slice(1), ['close 0']);
  backend.exit(0);
  await pool.shutdown({});
});

test('every shutdown waits for the same end', async (t) => {
  const { pool, backend } = busyPool(t);
  const both = [pool.shutdown({}), pool.shutdown({})];
  assert.equal(await isSettled(Promise.race(both)), false);
  backend.finish(0);
  backend.exit(0);
  await Promise.all(both);
  assert.deepEqual(backend.log.slice(1), ['close 0'], 'asked to end once');
});

test('cancelFutures cancels what has not begun and waits for what has', async (t) => {
  const { pool, backend } = busyPool(t);
  backend.call();
  backend.call();
  const down = pool.shutdown({ cancelFutures: true });
  assert.equal(pool.stats().cancelled, 2);
  assert.equal(await isSettled(down), false);
  backend.finish(0);
  backend.exit(0);
  await down;
});

test('a worker that is still starting is told to end at once', async (t) => {
  const { pool, backend } = fakePool({ maxWorkers: 1 });
  t.after(() => bury(pool, backend));
  backend.call();
  const down = pool.shutdown({ cancelFutures: true });
  assert.deepEqual(backend.log, ['spawn 0 test_0', 'cancelPending', 'close 0']);
  assert.equal(await isSettled(down), false);
  backend.ready(0);
  assert.deepEqual(backend.log.slice(3), [], 'once');
  backend.exit(0);
  await down;
});

test('a worker that dies during a shutdown is replaced for the calls that are left', async (t) => {
  const { pool, backend } = busyPool(t);
  backend.call();
  const down = pool.shutdown({});
  backend.exit(0, 1);
  assert.deepEqual(backend.log, ['spawn 0 test_0', 'spawn 0 test_0']);
  backend.ready(0);
  backend.begin(0);
  backend.finish(0);
  backend.exit(0);
  await down;
  assert.equal(backend.failures.length, 1);
});

test('idle workers retire at the end of the process, busy ones do not', (t) => {
  const { pool, backend } = busyPool(t);
  pool.retireIdleWorkers();
  assert.deepEqual(backend.log.slice(1), []);
  backend.finish(0);
  pool.retireIdleWorkers();
  assert.deepEqual(backend.log.slice(1), ['close 0']);
  pool.retireIdleWorkers();
  assert.deepEqual(backend.log.slice(2), [], 'it was asked already');
});

test('a call that comes while the workers retire gets a new one', (t) => {
  const { pool, backend } = busyPool(t);
  backend.finish(0);
  pool.retireIdleWorkers();
  backend.call();
  backend.exit(0);
  assert.deepEqual(backend.log, ['spawn 0 test_0', 'close 0', 'spawn 0 test_0']);
});

test('a worker that has nothing to do and does not end is ended after its grace', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { pool, backend } = busyPool(t);
  const down = pool.shutdown({});
  t.mock.timers.tick(10_000);
  assert.deepEqual(backend.log.slice(1), [], 'its call may take as long as it likes');
  backend.finish(0);
  t.mock.timers.tick(1_999);
  assert.deepEqual(backend.log.slice(1), ['close 0']);
  t.mock.timers.tick(1);
  assert.deepEqual(backend.log.slice(1), ['close 0', 'terminate 0']);
  backend.exit(0, 1);
  await down;
});

test('so is one that has retired', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { backend } = busyPool(t);
  backend.finish(0);
  backend.tell(0, { kind: 'leaving' });
  t.mock.timers.tick(2_000);
  assert.deepEqual(backend.log.slice(1), ['terminate 0']);
});

test('so is one whose initializer takes for ever, when its pool is over', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { pool, backend } = fakePool({ maxWorkers: 1 });
  t.after(() => bury(pool, backend));
  backend.call();
  const down = pool.shutdown({ cancelFutures: true });
  t.mock.timers.tick(2_000);
  assert.deepEqual(backend.log.slice(2), ['close 0', 'terminate 0']);
  backend.exit(0, 1);
  await down;
});

test('a call that got to a worker while that was told to end is waited for', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { pool, backend } = busyPool(t);
  backend.finish(0);
  pool.retireIdleWorkers();
  backend.call();
  backend.begin(0);
  t.mock.timers.tick(10_000);
  assert.deepEqual(backend.log.slice(1), ['close 0']);
  backend.finish(0);
  t.mock.timers.tick(2_000);
  assert.deepEqual(backend.log.slice(1), ['close 0', 'terminate 0']);
});

test('a worker that has said that it ends, and is still there, may take as long as it likes', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { pool, backend } = fakePool({ maxWorkers: 2 });
  t.after(() => bury(pool, backend));
  backend.call();
  backend.ready(0);
  backend.begin(0);
  backend.tell(0, { kind: 'leaving' });
  backend.tell(0, { kind: 'still-here' });
  t.mock.timers.tick(10_000);
  assert.deepEqual(
    backend.log.slice(1),
    ['spawn 1 test_1'],
    'it takes no calls, so it has a successor',
  );
  backend.finish(0);
  backend.tell(0, { kind: 'leaving' });
  t.mock.timers.tick(2_000);
  assert.deepEqual(backend.log.slice(2), ['terminate 0']);
});

test('that it is still there is no help for one that was told to end', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { pool, backend } = busyPool(t);
  backend.finish(0);
  const down = pool.shutdown({});
  backend.tell(0, { kind: 'still-here' });
  t.mock.timers.tick(2_000);
  assert.deepEqual(backend.log.slice(1), ['close 0', 'terminate 0']);
  backend.exit(0, 1);
  await down;
});

test('a call counts from the moment in which it is looked at', async () => {
  const { pool, backend } = fakePool();
  pool.entering();
  let down = false;
  const closed = pool.shutdown({}).then(() => {
    down = true;
  });
  await new Promise(setImmediate);
  assert.equal(down, false);
  assert.equal(backend.ended, 0);
  pool.left('failed');
  await closed;
});

test('a pool that was forgotten takes what its tasks submit, and is over when they are', (t) => {
  const { pool, backend } = busyPool(t);
  pool.forget();
  backend.call();
  backend.finish(0);
  assert.deepEqual(backend.log.slice(1), [], 'a call of a task is left');
  backend.begin(0);
  backend.finish(0);
  assert.deepEqual(backend.log.slice(1), ['close 0']);
  assert.throws(() => backend.call(), ShutdownError);
});

test('a pool that was forgotten with nothing under way is over at once', () => {
  const { pool, backend } = fakePool();
  pool.forget();
  assert.ok(backend.ended > 0);
});

test('a worker that leaves while calls of its tasks wait has a successor, also after a shutdown', (t) => {
  const { pool, backend } = fakePool({ maxWorkers: 1 });
  t.after(() => bury(pool, backend));
  backend.call();
  backend.ready(0);
  backend.begin(0);
  t.mock.method(backend, 'submit', () => new Future());
  const fn = { name: 'inner', source: { global: ['Math', 'max'] } };
  const args = toMessage([1]);
  backend.tell(0, { kind: 'request', request: { kind: 'submit', call: 1, fn, args } });
  void pool.shutdown({});
  backend.tell(0, { kind: 'leaving' });
  assert.deepEqual(backend.log, ['spawn 0 test_0', 'spawn 1 test_1']);
});
