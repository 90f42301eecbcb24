/** Initializers: when they run, and what their failure means for everybody (items 128–132). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CancelledError, wait } from 'concurrent-futures';
import { readMark, setMark } from '../fixtures/executor-tasks.js';
import { exitAtStart, onlyOneStarts, throwAtStart } from '../fixtures/initializers.js';
import { add, echo, noop, waitAt } from '../fixtures/tasks.js';
import { workerBackends } from '../support/backends.js';
import { breakingPool } from '../support/broken-pool.js';
import { everyBackend, lacks } from '../support/every-backend.js';
import { makeGate, makePool } from '../support/held.js';
import { makeList } from '../support/lists.js';
import { WarningLog } from '../support/warning-log.js';

for (const backend of everyBackend) {
  const { name, brokenClass } = backend;

  test(`#128 #157 the initializer has run before a worker's first call, and only once (${name})`, async (t) => {
    if (lacks(t, backend, 'initializer')) return;
    const pool = makePool(t, backend, { maxWorkers: 1, initializer: setMark, initArgs: [name] });
    const before = backend.isolated ? 0 : readMark().initialized;
    for (let i = 0; i < 3; i++) {
      const seen = await pool.submit(readMark);
      assert.equal(seen.mark, name);
      assert.equal(seen.initialized, before + 1);
    }
  });

  test(`#129 #158 a failing initializer breaks the pool, with a warning (${name})`, async (t) => {
    if (lacks(t, backend, 'initializer')) return;
    const warnings = new WarningLog(t);
    const initializer = throwAtStart;
    const pool = makePool(t, backend, { maxWorkers: 1, initializer, initArgs: ['no licence'] });
    const error = await pool.submit(noop).exception();
    assert.ok(error instanceof brokenClass);
    assert.equal(error.code, 'ERR_INITIALIZER');
    assert.match(error.message, /initializer.*not usable/);
    assert.ok(error.cause instanceof RangeError);
    assert.equal(error.cause.message, 'no licence');
    const warning = await warnings.next('CF_POOL_BROKEN');
    assert.match(warning.detail ?? '', /no licence/);
    await pool.shutdown();
    assert.equal(pool.stats().workers, 0);
    assert.deepEqual(warnings.codes(), ['CF_POOL_BROKEN'], 'once, and nothing else');
  });

  test(`#130 #158 every queued future and every later submit fails with it (${name})`, async (t) => {
    const { pool, whenWarned } = breakingPool(t, backend, { maxWorkers: 2 });
    const futures = Array.from({ length: 20 }, (_, i) => pool.submit(echo, i));
    const results = pool.map(add, [1, 2], [3, 4]);
    const { done } = await wait(futures);
    assert.equal(done.size, 20);
    for (const future of futures) assert.ok((await future.exception()) instanceof brokenClass);
    await assert.rejects(results.next(), brokenClass);
    assert.throws(() => pool.submit(noop), brokenClass);
    await whenWarned();
  });

  test(`#131 calls that run on healthy workers complete (${name})`, async (t) => {
    if (lacks(t, backend, 'initializer')) return;
    const warnings = new WarningLog(t);
    const initializer = onlyOneStarts;
    const initArgs = [`${makeList(t)}.first`];
    const pool = makePool(t, backend, { maxWorkers: 2, initializer, initArgs });
    const gate = makeGate(t);
    const healthy = pool.submit(waitAt, gate.address, 'fine');
    await gate.whenArrived(1);
    await assert.rejects(pool.submit(noop).result(), brokenClass);
    assert.equal(healthy.running(), true);
    gate.open();
    assert.equal(await healthy, 'fine');
    await warnings.next('CF_POOL_BROKEN');
  });

  test(`#132 a cancelled future in the queue does not keep the others waiting (${name})`, async (t) => {
    const { pool, whenWarned } = breakingPool(t, backend, { maxWorkers: 1 });
    const [first, second, third] = [pool.submit(noop), pool.submit(noop), pool.submit(noop)];
    assert.equal(second.cancel(), true);
    await wait([first, second, third]);
    assert.ok((await first.exception()) instanceof brokenClass);
    await assert.rejects(second.result(), CancelledError);
    assert.ok((await third.exception()) instanceof brokenClass);
    await whenWarned();
  });
}

for (const backend of workerBackends) {
  const { name, brokenClass } = backend;

  test(`#129 #158 an initializer that ends its worker breaks the pool and tells the exit code (${name})`, async (t) => {
    const warnings = new WarningLog(t);
    const pool = makePool(t, backend, { initializer: exitAtStart, initArgs: [3] });
    await assert.rejects(pool.submit(noop).result(), {
      name: brokenClass.name,
      code: 'ERR_INITIALIZER',
      message: /initializer.*exit code 3/,
    });
    await warnings.next('CF_POOL_BROKEN');
  });
}
