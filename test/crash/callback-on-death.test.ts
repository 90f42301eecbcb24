/** Done-callbacks that run because a worker died, and use the pool at once: its place is in order by then. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitWith } from '../fixtures/crashing-tasks.js';
import { echo } from '../fixtures/tasks.js';
import { blockingBackends } from '../support/backends.js';
import { makePool } from '../support/held.js';

for (const backend of blockingBackends) {
  for (const maxWorkers of [1, 2]) {
    test(`a callback of the call that died may block on another, with ${maxWorkers} worker(s) (${backend.name})`, async (t) => {
      const pool = makePool(t, backend, { maxWorkers });
      const seen: unknown[] = [];
      const died = pool.submit(exitWith, 3);
      died.addDoneCallback(() => {
        for (let i = 0; i < 3; i++)
          seen.push(pool.submit(echo<number>, i).resultSync({ timeout: 20_000 }));
      });
      assert.equal(((await died.exception()) as { code: string }).code, 'ERR_WORKER_DIED');
      assert.deepEqual(seen, [0, 1, 2]);
      for (let i = 0; i < 3; i++) {
        await new Promise((resolve) => setImmediate(resolve));
        assert.equal(await pool.submit(echo<number>, i).result({ timeout: 20_000 }), i);
      }
    });
  }
}
