/** Modules and functions that a worker can't get hold of: each call fails for itself, no worker dies of it. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PicklingError, task } from 'concurrent-futures';
import { add, echo, whichWorker } from '../fixtures/tasks.ts';
import { workerBackends } from '../support/backends.ts';
import { deathOf } from '../support/deaths.ts';

/** A task of a module that only workers may import, as it can't be imported or ends who imports it. */
function taskIn(path: string, name: string): () => void {
  return task(new URL(path, import.meta.url), () => {}, name);
}

const missing = taskIn('./there-is-no-such-module.js', 'missing');
const broken = taskIn('../fixtures/throws-on-import.js', 'unreachable');
const exiting = taskIn('../fixtures/exiting-module.js', 'unreachable');
const notExported = taskIn('../fixtures/tasks.js', 'notExported');

for (const backend of workerBackends) {
  for (const maxWorkers of [1, 2]) {
    suite(`with ${maxWorkers} worker(s) (${backend.name})`, () => {
      test('each call of a function whose module is missing fails and names it; others go on', async () => {
        await using pool = backend.make({ maxWorkers });
        const calls = Array.from({ length: 12 }, (_, i) =>
          i % 2 === 0 ? pool.submit(missing) : pool.submit(add, i, i),
        );
        for (const [i, call] of calls.entries()) {
          if (i % 2 === 1) {
            assert.equal(await call, 2 * i);
            continue;
          }
          const error = await call.exception();
          assert.ok(error instanceof PicklingError);
          assert.equal(error.code, 'ERR_IMPORT');
          assert.match(error.message, /there-is-no-such-module\.js/);
        }
      });

      test('each call of a function whose module throws fails with what it threw', async () => {
        await using pool = backend.make({ maxWorkers });
        for (let i = 0; i < 3; i++) {
          const error = await pool.submit(broken).exception();
          assert.ok(error instanceof PicklingError);
          assert.equal(error.code, 'ERR_IMPORT');
          assert.match(error.message, /thrown while importing/);
          assert.ok(error.cause instanceof RangeError);
          assert.equal(await pool.submit(echo, i), i);
        }
      });

      test('a call of what its module does not export fails, and says what there is', async () => {
        await using pool = backend.make({ maxWorkers });
        const error = await pool.submit(notExported).exception();
        assert.ok(error instanceof PicklingError);
        assert.equal(error.code, 'ERR_IMPORT');
        assert.match(error.message, /no export 'notExported'.*echo/s);
        assert.equal(await pool.submit(echo, 'next'), 'next');
      });

      test('a module that ends the worker while it is imported fails its own call each time', async () => {
        await using pool = backend.make({ maxWorkers });
        for (let i = 0; i < 3; i++) {
          const lost = pool.submit(exiting);
          const behind = pool.submit(echo, i);
          const error = await deathOf(backend, lost);
          assert.equal(error.exitCode, 9);
          assert.equal(error.task, 'unreachable');
          assert.equal(await behind, i);
        }
      });
    });
  }

  test(`a failed import does not cost the worker (${backend.name})`, async () => {
    await using pool = backend.make({ maxWorkers: 1 });
    const before = await pool.submit(whichWorker);
    await pool.submit(missing).exception();
    await pool.submit(broken).exception();
    assert.equal(await pool.submit(whichWorker), before);
  });
}
