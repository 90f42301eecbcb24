/** When a pool starts, replaces and counts workers, seen on a backend that has none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bury, fakePool } from '../support/fake-backend.js';

test('nothing is started before the first call', () => {
  const { pool, backend } = fakePool();
  assert.deepEqual(backend.log, []);
  assert.equal(pool.stats().workers, 0);
});

test('a worker is started when there are more calls under way than workers', (t) => {
  const { pool, backend } = fakePool({ maxWorkers: 2 });
  t.after(() => bury(pool, backend));
  backend.call();
  backend.call();
  backend.call();
  assert.deepEqual(backend.log, ['spawn 0 test_0', 'spawn 1 test_1']);
});

test('calls one after the other need one worker', (t) => {
  const { pool, backend } = fakePool({ maxWorkers: 4 });
  t.after(() => bury(pool, backend));
  for (let i = 0; i < 3; i++) {
    backend.call();
    backend.ready(0);
    backend.begin(0);
    backend.finish(0);
  }
  assert.deepEqual(backend.log, ['spawn 0 test_0']);
});

test('a worker that dies is replaced, in its index, if calls are left that need it', (t) => {
  const { pool, backend } = fakePool({ maxWorkers: 2 });
  t.after(() => bury(pool, backend));
  for (let i = 0; i < 3; i++) backend.call();
  backend.ready(0);
  backend.ready(1);
  backend.begin(0);
  backend.begin(1);
  backend.log.length = 0;
  backend.exit(0, 1);
  assert.deepEqual(backend.log, ['spawn 0 test_0']);
  assert.equal(backend.failures.length, 1);
  assert.match(
    backend.failures[0]?.message ?? '',
    /test_0 ended with exit code 1 while it ran working/,
  );
});

test('a worker that dies while there is nothing to do is not replaced before there is', (t) => {
  const { pool, backend } = fakePool({ maxWorkers: 2 });
  t.after(() => bury(pool, backend));
  backend.call();
  backend.ready(0);
  backend.begin(0);
  backend.finish(0);
  backend.exit(0, 1);
  assert.equal(pool.stats().workers, 0);
  backend.call();
  assert.deepEqual(backend.log, ['spawn 0 test_0', 'spawn 0 test_0']);
});

test('a worker that retires is replaced like one that dies, and nothing fails', (t) => {
  const { pool, backend } = fakePool({ maxWorkers: 1, maxTasksPerChild: 1 });
  t.after(() => bury(pool, backend));
  backend.call();
  backend.call();
  backend.ready(0);
  backend.begin(0);
  backend.finish(0);
  backend.exit(0, 0, { retired: true });
  assert.deepEqual(backend.log, ['spawn 0 test_0', 'spawn 0 test_0']);
  assert.deepEqual(backend.failures, []);
});

test('stats is a frozen record of this moment', (t) => {
  const { pool, backend } = fakePool({ maxWorkers: 3 });
  t.after(() => bury(pool, backend));
  for (let i = 0; i < 5; i++) backend.call();
  backend.ready(0);
  backend.ready(1);
  backend.begin(0);
  backend.begin(1);
  backend.finish(1, 'failed');
  pool.refused();
  const stats = pool.stats();
  assert.ok(Object.isFrozen(stats));
  assert.deepEqual(stats, {
    maxWorkers: 3,
    workers: 3,
    idle: 1,
    pending: 3,
    running: 1,
    completed: 0,
    failed: 2,
    cancelled: 0,
  });
});

test('a worker that is starting is no idle worker', (t) => {
  const { pool, backend } = fakePool();
  t.after(() => bury(pool, backend));
  backend.call();
  backend.idle.add(0);
  assert.equal(pool.stats().idle, 0);
  backend.ready(0);
  assert.equal(pool.stats().idle, 1);
});

test('what comes late from a worker that is gone says nothing of its successor', (t) => {
  const { pool, backend } = fakePool({ maxWorkers: 1, onWorkerDeath: 'break' });
  t.after(() => bury(pool, backend));
  backend.call();
  backend.ready(0);
  const [gone] = backend.workers;
  backend.begin(0);
  backend.finish(0);
  backend.exit(0, 0, { retired: true });
  backend.call();
  const log = [...backend.log];
  gone?.receive({ kind: 'ready' }, () => {});
  gone?.receive({ kind: 'leaving' }, () => {});
  gone?.exited({ exitCode: 1 }, false);
  assert.ok(gone);
  pool.startFailed(gone, new Error('late'));
  assert.deepEqual(backend.log, log);
  assert.equal(pool.stats().workers, 1);
  assert.equal(pool.stats().idle, 0, 'its successor is still starting');
  backend.call();
});

test('a worker with its last call has a successor, which is not started twice', (t) => {
  const { pool, backend } = fakePool({ maxWorkers: 1 });
  t.after(() => bury(pool, backend));
  backend.call();
  backend.ready(0);
  backend.begin(0);
  backend.tell(0, { kind: 'leaving' });
  assert.deepEqual(backend.log, ['spawn 0 test_0', 'spawn 1 test_1']);
  backend.call();
  assert.equal(pool.stats().workers, 2);
});

test('there are never more workers than the backend has room for, those that leave included', (t) => {
  const { pool, backend } = fakePool({ maxWorkers: 1 });
  t.after(() => bury(pool, backend));
  backend.mostWorkers = 2;
  for (let i = 0; i < 3; i++) backend.call();
  backend.ready(0);
  backend.tell(0, { kind: 'leaving' });
  backend.ready(1);
  backend.tell(1, { kind: 'leaving' });
  assert.equal(pool.stats().workers, 2, 'the third has to wait until one of them is gone');
  backend.exit(0, 0, { retired: true });
  assert.deepEqual(backend.log, ['spawn 0 test_0', 'spawn 1 test_1', 'spawn 0 test_0']);
});

test('a worker that leaves and is retired meanwhile is counted out once', (t) => {
  const { pool, backend } = fakePool({ maxWorkers: 1 });
  t.after(() => bury(pool, backend));
  backend.call();
  backend.ready(0);
  backend.begin(0);
  backend.tell(0, { kind: 'leaving' });
  backend.ready(1);
  backend.finish(0);
  pool.retireIdleWorkers();
  backend.exit(0);
  backend.exit(1);
  backend.log.length = 0;
  for (let i = 0; i < 3; i++) backend.call();
  assert.deepEqual(backend.log, ['spawn 0 test_0']);
});
