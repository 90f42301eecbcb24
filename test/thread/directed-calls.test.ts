/** Calls that only one worker can be given, because what is moved to it can be in one place only. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ThreadPoolExecutor } from 'concurrent-futures';
import { echo, noop } from '../fixtures/tasks.js';

for (const maxWorkers of [1, 2])
  for (const maxTasksPerChild of [1, 2, 3]) {
    test(`none is lost with a worker that retires (${maxWorkers} workers, ${maxTasksPerChild} calls each)`, async (t) => {
      const pool = new ThreadPoolExecutor({ maxWorkers, maxTasksPerChild });
      t.after(() => pool.shutdown());
      const calls: Promise<unknown>[] = [];
      for (let i = 0; i < 24; i++) {
        if (i % 2 === 0) calls.push(Promise.resolve(pool.submit(noop)));
        else {
          const bytes = Uint8Array.of(i);
          const call = pool.with({ transfer: [bytes.buffer] }).submit(echo, bytes);
          calls.push(call.result().then((value) => assert.deepEqual(value, Uint8Array.of(i))));
        }
        // Some find a worker idle, some starting, some busy with its last call.
        if (i % 5 === 4) await calls.at(-1);
      }
      await Promise.all(calls);
    });
  }
