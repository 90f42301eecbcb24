/** A worker that exceeds its memory limit: its call fails with the true cause, the pool goes on. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ThreadPoolExecutor } from 'concurrent-futures';
import { exhaustMemory } from '../fixtures/crashing-tasks.ts';
import { echo } from '../fixtures/tasks.ts';
import { deathOf } from '../support/deaths.ts';

const resourceLimits = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 };

for (const maxWorkers of [1, 2]) {
  suite(`with ${maxWorkers} worker(s)`, () => {
    test('the call fails with ERR_WORKER_OUT_OF_MEMORY as the cause, others complete', async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers, resourceLimits });
      const lost = pool.submit(exhaustMemory);
      const behind = Array.from({ length: 10 }, (_, i) => pool.submit(echo, { i }));
      const error = await deathOf(lost);
      assert.ok(error.cause instanceof Error);
      assert.equal((error.cause as NodeJS.ErrnoException).code, 'ERR_WORKER_OUT_OF_MEMORY');
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
