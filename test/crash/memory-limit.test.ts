/** A worker that exceeds its memory limit: its call fails with the true cause, the pool goes on. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { inspect } from 'node:util';
import { exhaustMemory } from '../fixtures/crashing-tasks.ts';
import { echo } from '../fixtures/tasks.ts';
import { workerBackends } from '../support/backends.ts';
import { deathOf } from '../support/deaths.ts';

for (const backend of workerBackends) {
  for (const maxWorkers of [1, 2]) {
    suite(`with ${maxWorkers} worker(s) (${backend.name})`, () => {
      test('the call fails with the cause, others complete', async () => {
        await using pool = backend.makeCramped({ maxWorkers });
        const lost = pool.submit(exhaustMemory);
        const behind = Array.from({ length: 10 }, (_, i) => pool.submit(echo, { i }));
        const error = await deathOf(backend, lost);
        assert.match(inspect(error), backend.outOfMemory);
        assert.match(error.message, /memory/);
        assert.equal(error.task, 'exhaustMemory');
        assert.deepEqual(
          await Promise.all(behind),
          behind.map((_, i) => ({ i })),
        );
        assert.equal(await pool.submit(echo, 'next'), 'next');
      });
    });
  }
}
