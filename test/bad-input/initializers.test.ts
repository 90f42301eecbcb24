/** Initializers that throw, never return, or end their worker. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokenExecutor } from 'concurrent-futures';
import { neverReady, throwAtStart } from '../fixtures/initializers.js';
import { noop } from '../fixtures/tasks.js';
import { backends } from '../support/backends.js';
import { makePool } from '../support/held.js';
import { WarningLog } from '../support/warning-log.js';

for (const backend of backends) {
  const { name } = backend;

  test(`an initializer that never returns breaks the pool after startTimeout (${name})`, async (t) => {
    const warnings = new WarningLog(t);
    const pool = makePool(t, backend, { initializer: neverReady, startTimeout: 300 });
    const futures = [pool.submit(noop), pool.submit(noop)];
    for (const future of futures) {
      const error = await future.exception();
      assert.ok(error instanceof BrokenExecutor);
      assert.equal(error.code, 'ERR_INITIALIZER');
      assert.match(error.message, /initializer return\?.*after 300 ms.*set startTimeout/);
    }
    assert.throws(() => pool.submit(noop), BrokenExecutor);
    await pool.shutdown();
    assert.equal(pool.stats().workers, 0);
    await warnings.next('CF_POOL_BROKEN');
    assert.equal(warnings.codes().filter((code) => code === 'CF_POOL_BROKEN').length, 1);
  });

  test(`a pool that an initializer has broken shuts down at once, again and again (${name})`, async (t) => {
    const warnings = new WarningLog(t);
    const pool = makePool(t, backend, { initializer: throwAtStart, initArgs: ['no'] });
    const future = pool.submit(noop);
    await Promise.all([
      pool.shutdown(),
      pool.shutdown({ cancelFutures: true }),
      future.exception().catch(() => {}),
    ]);
    assert.ok(future.done());
    assert.equal(pool.stats().workers, 0);
    assert.ok(warnings.codes().every((code) => code === 'CF_POOL_BROKEN'));
  });
}
