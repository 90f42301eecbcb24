/** A worker that has nothing left to do ends, whatever its tasks have done to what ends it. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { BrokenExecutor } from 'concurrent-futures';
import { add, whichWorker } from '../fixtures/tasks.js';
import { die, neverLeave, replaceExits, throwWhenLeaving } from '../fixtures/unruly-tasks.js';
import { blockingBackends, workerBackends } from '../support/backends.js';

const all = new Set([...workerBackends, ...blockingBackends]);

for (const backend of all) {
  suite(`ends that are enforced (${backend.name})`, { concurrency: true }, () => {
    for (const unruly of [replaceExits, neverLeave, throwWhenLeaving]) {
      test(`shutdown ends after ${unruly.name}`, async () => {
        const pool = backend.make({ maxWorkers: 1 });
        await pool.submit(unruly);
        assert.equal(await pool.submit(add, 1, 2), 3, 'other calls know nothing of it');
        await pool.shutdown();
        assert.equal(pool.stats().workers, 0);
      });

      test(`a worker that retires after ${unruly.name} claims nothing more, and is replaced`, async () => {
        const pool = backend.make({ maxWorkers: 1, maxTasksPerChild: 1 });
        await pool.submit(unruly);
        const calls = Array.from({ length: 3 }, () => pool.submit(whichWorker));
        await Promise.all(calls);
        await pool.shutdown();
        const { completed, failed, workers } = pool.stats();
        assert.deepEqual({ completed, failed, workers }, { completed: 4, failed: 0, workers: 0 });
      });
    }
  });
}

for (const backend of all)
  test(`a worker that dies and does not come to its end is ended, and its calls are told (${backend.name})`, async (t) => {
    const pool = backend.make({ maxWorkers: 1 });
    t.after(() => pool.shutdown());
    await pool.submit(neverLeave);
    const dying = pool.submit(die);
    const behind = pool.submit(add, 1, 2);
    assert.ok((await dying.exception()) instanceof BrokenExecutor);
    assert.equal(await behind, 3);
  });
