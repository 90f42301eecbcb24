/** Arguments have getters, and getters are code: one that ends the pool while its own call is being taken. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { echo } from '../fixtures/tasks.js';
import { blockingBackends, type WorkerPool, workerBackends } from '../support/backends.js';

const ways: Readonly<Record<string, (pool: WorkerPool) => Promise<void>>> = {
  'shutdown()': (pool) => pool.shutdown(),
  'shutdown({ cancelFutures: true })': (pool) => pool.shutdown({ cancelFutures: true }),
  '[Symbol.asyncDispose]()': (pool) => pool[Symbol.asyncDispose](),
};

for (const backend of new Set([...workerBackends, ...blockingBackends])) {
  suite(`a getter that shuts its pool down (${backend.name})`, () => {
    for (const [name, end] of Object.entries(ways)) {
      for (const isWarm of [false, true]) {
        test(`${name}, with workers: ${isWarm}`, async () => {
          const pool = backend.make({ maxWorkers: 1 });
          if (isWarm) await pool.submit(echo<number>, 1);
          let ended: Promise<void> | undefined;
          const call = pool.submit(echo<object>, {
            get x() {
              ended = end(pool);
              return 1;
            },
          });
          await ended;
          assert.equal(call.done(), true);
          assert.deepEqual(call.resultSync(), { x: 1 });
          assert.equal(pool.stats().workers, 0);
        });
      }
    }
  });
}
