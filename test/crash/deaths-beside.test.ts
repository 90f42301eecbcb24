/** A worker that dies with several calls in it: a task that waited for a nested call, and that call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokenExecutor } from 'concurrent-futures';
import { askForDeath, askForTwo, beOverSoon, die } from '../fixtures/unruly-tasks.js';
import { blockingBackends, workerBackends } from '../support/backends.js';

for (const backend of new Set([...workerBackends, ...blockingBackends])) {
  test(`the error of a call names the other that took its worker down (${backend.name})`, async (t) => {
    const pool = backend.make({ maxWorkers: 1 });
    t.after(() => pool.shutdown());
    const error = await pool.submit(askForDeath).exception();
    assert.ok(error instanceof BrokenExecutor);
    assert.equal(error.code, 'ERR_WORKER_DIED');
    assert.equal(error.task, 'askForDeath');
    assert.match(error.message, /while it ran askForDeath\. die was under way in it, too\./);
  });

  test(`an async task that was over when another ended its worker has its value (${backend.name})`, async (t) => {
    const pool = backend.make({ maxWorkers: 1 });
    t.after(() => pool.shutdown());
    const asking = pool.submit(askForTwo);
    const over = pool.submit(beOverSoon);
    const deadly = pool.submit(die);
    assert.ok((await deadly.exception()) instanceof BrokenExecutor);
    assert.ok((await asking.exception()) instanceof BrokenExecutor);
    assert.equal(await over, 'over');
  });
}
