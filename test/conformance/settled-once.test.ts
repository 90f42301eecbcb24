/** A task's promise is believed once, whatever it says of itself, and nobody else's call is settled by it. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { echo } from '../fixtures/tasks.js';
import { answerBoth, answerTwice } from '../fixtures/unruly-tasks.js';
import { backends, blockingBackends } from '../support/backends.js';

for (const backend of new Set([...backends, ...blockingBackends])) {
  suite(`what a task returns is settled once (${backend.name})`, () => {
    test('a native promise with a `then` of its own counts as await has it', async (t) => {
      const pool = backend.make({ maxWorkers: 1 });
      t.after(() => pool.shutdown());
      const calls = [pool.submit(answerTwice), ...['A', 'B', 'C'].map((x) => pool.submit(echo, x))];
      assert.deepEqual(await Promise.all(calls), ['once', 'A', 'B', 'C']);
    });

    test('a thenable that answers again is not heard again', async (t) => {
      const pool = backend.make({ maxWorkers: 1 });
      t.after(() => pool.shutdown());
      const calls = [pool.submit(answerBoth), ...['A', 'B', 'C'].map((x) => pool.submit(echo, x))];
      assert.deepEqual(await Promise.all(calls), ['first', 'A', 'B', 'C']);
      await pool.shutdown();
      assert.equal(pool.stats().completed, 4);
    });
  });
}
