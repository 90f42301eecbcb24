/** A worker that ends while its parent writes to it: what it has said before is not lost. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { echo } from '../fixtures/tasks.js';
import { returnAndDie } from '../fixtures/unruly-tasks.js';
import { workerBackends } from '../support/backends.js';

const ROUNDS = 8;

/** So long that the worker has ended before this thread reads what it has said. */
function blockFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

for (const backend of workerBackends) {
  suite(`a worker that has ended when its parent writes to it (${backend.name})`, () => {
    test('the outcome that it has written arrives, and what it had not begun runs elsewhere', async (t) => {
      const pool = backend.make({ maxWorkers: 1 });
      t.after(() => pool.shutdown());
      for (let round = 0; round < ROUNDS; round++) {
        await pool.submit(echo<number>, 0);
        const dying = pool.submit(returnAndDie<number>, round);
        await new Promise(setImmediate);
        blockFor(150);
        const behind = pool.submit(echo<string>, 'behind');
        assert.deepEqual(await Promise.all([dying, behind]), [round, 'behind']);
      }
    });
  });
}
