/** Whatever a task throws arrives, and costs neither the worker nor anybody else's call. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RemoteError } from 'concurrent-futures';
import {
  resultThatThrows,
  throwCycle,
  throwFrozen,
  throwFunction,
  throwSymbol,
  throwValue,
} from '../fixtures/crashing-tasks.ts';
import { whichWorker } from '../fixtures/tasks.ts';
import { workerBackends } from '../support/backends.ts';

const values = [undefined, null, 0, -0, Number.NaN, '', 'text', false, 7n, [1], { a: { b: 1 } }];

/** The reason with which a promise rejects; `exception()` could not tell `throw undefined` from success. */
async function reasonOf(promise: PromiseLike<unknown>): Promise<unknown> {
  const [outcome] = await Promise.allSettled([promise]);
  assert.equal(outcome.status, 'rejected');
  return outcome.status === 'rejected' ? outcome.reason : undefined;
}

for (const backend of workerBackends) {
  for (const maxWorkers of [1, 2]) {
    suite(`with ${maxWorkers} worker(s) (${backend.name})`, () => {
      test('values that are no errors are thrown as they are', async () => {
        await using pool = backend.make({ maxWorkers });
        const futures = values.map((value) => pool.submit(throwValue, value));
        for (const [i, future] of futures.entries()) {
          assert.deepStrictEqual(await reasonOf(future), values[i]);
        }
        assert.equal(pool.stats().failed, values.length);
      });

      test('a worker survives everything that its tasks throw', async () => {
        await using pool = backend.make({ maxWorkers: 1 });
        const before = await pool.submit(whichWorker);
        for (const value of values) await reasonOf(pool.submit(throwValue, value));
        for (const fn of [throwCycle, throwFunction, throwSymbol, resultThatThrows])
          await reasonOf(pool.submit(fn));
        await reasonOf(pool.submit(throwFrozen, ''));
        assert.equal(await pool.submit(whichWorker), before);
      });

      test('a frozen error keeps its class and properties', async () => {
        await using pool = backend.make({ maxWorkers });
        const error = await reasonOf(pool.submit(throwFrozen, 'cold'));
        assert.ok(error instanceof TypeError);
        assert.equal(error.message, 'cold');
        assert.equal((error as TypeError & { code?: unknown }).code, 'E_FROZEN');
        assert.ok(error.cause instanceof RemoteError);
      });

      test('errors that cause each other in a circle arrive as that circle', async () => {
        await using pool = backend.make({ maxWorkers });
        const first = (await reasonOf(pool.submit(throwCycle))) as Error & { self?: unknown };
        const second = first.cause as Error;
        assert.equal(first.message, 'first');
        assert.equal(first.self, first);
        assert.equal(second.message, 'second');
        assert.equal(second.cause, first);
      });

      test('what cannot be cloned arrives as its description', async () => {
        await using pool = backend.make({ maxWorkers });
        assert.match(String(await reasonOf(pool.submit(throwFunction))), /Function/);
        assert.match(String(await reasonOf(pool.submit(throwSymbol))), /Symbol\(thrown\)/);
      });
    });
  }
}
