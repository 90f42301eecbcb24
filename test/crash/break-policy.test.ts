/** `onWorkerDeath: 'break'`, Python's rule: one death ends the pool and fails everything unfinished. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { BrokenExecutor, type Future } from 'concurrent-futures';
import { exitWith } from '../fixtures/crashing-tasks.ts';
import { echo, noop, waitAt } from '../fixtures/tasks.ts';
import { workerBackends } from '../support/backends.ts';
import { makeGate, makePool } from '../support/held.ts';

function isBroken(error: unknown): boolean {
  return (
    error instanceof BrokenExecutor &&
    error.code === 'ERR_POOL_BROKEN' &&
    /exit code 3/.test(error.message)
  );
}

for (const backend of workerBackends) {
  for (const maxWorkers of [1, 2]) {
    suite(`with ${maxWorkers} worker(s) (${backend.name})`, () => {
      test('#183 #184 every unfinished future fails, each with an error of its own that names the cause', async (t) => {
        const pool = makePool(t, backend, { maxWorkers, onWorkerDeath: 'break' });
        const finished = pool.submit(echo, 'before');
        await finished;
        const gate = makeGate(t);
        const running = maxWorkers > 1 ? [pool.submit(waitAt, gate.address, 1)] : [];
        await gate.whenArrived(running.length);
        const futures: Future<unknown>[] = [...running, pool.submit(exitWith, 3)];
        for (let i = 0; i < 30; i++) futures.push(pool.submit(noop));
        const errors = await Promise.all(futures.map((future) => future.exception()));
        const causedBy3 = errors.filter((error) => String(error).includes('exit code 3'));
        // Short calls may have been served by the other worker before the death was seen.
        const failures = errors.filter((error) => error !== undefined);
        assert.equal(causedBy3.length, failures.length);
        assert.equal(new Set(failures).size, failures.length);
        for (const error of failures) assert.ok(error instanceof backend.brokenClass);
        assert.notEqual(errors[running.length], undefined);
        if (running.length > 0) assert.notEqual(errors[0], undefined);
        assert.equal(await finished, 'before');
      });

      test('#188 the pool stays broken, also after a shutdown', async () => {
        const pool = backend.make({ maxWorkers, onWorkerDeath: 'break' });
        await pool.submit(exitWith, 3).exception();
        assert.throws(() => pool.submit(noop), isBroken);
        await pool.shutdown();
        assert.throws(() => pool.submit(noop), isBroken);
        assert.equal(pool.stats().workers, 0);
      });

      test('#186 a future that was cancelled before stays cancelled', async (t) => {
        const pool = makePool(t, backend, { maxWorkers, onWorkerDeath: 'break' });
        const gates = Array.from({ length: maxWorkers }, () => makeGate(t));
        const blockers = gates.map((gate) => pool.submit(waitAt, gate.address, 0));
        await Promise.all(gates.map((gate) => gate.whenArrived(1)));
        const dying = pool.submit(exitWith, 3);
        const cancelled = pool.submit(noop);
        assert.equal(cancelled.cancel(), true);
        for (const gate of gates) gate.open();
        await Promise.allSettled(blockers);
        assert.ok((await dying.exception()) instanceof backend.brokenClass);
        assert.equal(cancelled.cancelled(), true);
      });
    });
  }

  test(`#188 with the default policy nothing of this happens (${backend.name})`, async () => {
    await using pool = backend.make({ maxWorkers: 1 });
    await pool.submit(exitWith, 3).exception();
    assert.equal(await pool.submit(echo, 'next'), 'next');
  });
}
