/** Time in which the thread that submits is blocked is held against nobody. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { add, echo } from '../fixtures/tasks.js';
import { blockingBackends, workerBackends } from '../support/backends.js';

function blockFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

for (const backend of new Set([...workerBackends, ...blockingBackends])) {
  suite(`a caller that computes (${backend.name})`, () => {
    test('workers are not given up because their parent was busy while they started', async () => {
      const startTimeout = 1500;
      const pool = backend.make({ maxWorkers: 2, startTimeout });
      const calls = [1, 2, 3].map((i) => pool.submit(echo<number>, i));
      blockFor(startTimeout + 200);
      calls.push(pool.submit(echo<number>, 4));
      assert.deepEqual(await Promise.all(calls), [1, 2, 3, 4]);
      await pool.shutdown();
      assert.equal(pool.stats().failed, 0);
    });

    test('an outcome that came in time counts, although the timer is looked at first', async () => {
      const pool = backend.make({ maxWorkers: 1 });
      await pool.submit(add, 1, 2);
      const limited = pool.with({ timeout: 400 }).submit(add, 1, 2);
      const asked = pool.submit(add, 3, 4).result({ timeout: 400 });
      // So that both are with the worker before this thread is blocked.
      await new Promise(setImmediate);
      blockFor(600);
      assert.deepEqual(await Promise.all([limited, asked]), [3, 7]);
      await pool.shutdown();
    });
  });
}
