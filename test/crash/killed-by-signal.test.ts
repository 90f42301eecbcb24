/** Workers that a signal ends, from inside or outside: the call fails and names it, the pool goes on. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { killWith } from '../fixtures/crashing-tasks.ts';
import { echo, waitAt, whichWorker } from '../fixtures/tasks.ts';
import { workerBackends } from '../support/backends.ts';
import { allWorkersGone, deathOf } from '../support/deaths.ts';
import { makeGate, makePool } from '../support/held.ts';

function processOf(worker: string): number {
  return Number.parseInt(worker, 10);
}

for (const backend of workerBackends) {
  for (const signal of backend.signals) {
    suite(`${signal} (${backend.name})`, () => {
      test('#182 the call of a worker that kills itself fails with the signal, those behind it complete', async (t) => {
        const pool = makePool(t, backend, { maxWorkers: 1, threadNamePrefix: 'crash' });
        const dying = pool.submit(killWith, signal);
        const behind = Array.from({ length: 10 }, (_, i) => pool.submit(echo, i));
        const error = await deathOf(backend, dying);
        assert.equal(error.signal, signal);
        assert.equal(error.exitCode, undefined);
        assert.equal(error.task, 'killWith');
        assert.match(error.message, new RegExp(`crash_0.*${signal}.*killWith`));
        assert.deepEqual(await Promise.all(behind), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      });

      test('#182 a worker that somebody else kills takes along the call that it runs, and no other', async (t) => {
        const pool = makePool(t, backend, { maxWorkers: 1 });
        const gate = makeGate(t);
        const victim = await pool.submit(whichWorker);
        const held = pool.submit(waitAt, gate.address, 1);
        const behind = pool.submit(whichWorker);
        await gate.whenArrived(1);
        process.kill(processOf(victim), signal);
        const error = await deathOf(backend, held);
        assert.equal(error.signal, signal);
        assert.equal(error.task, 'waitAt');
        assert.notEqual(await behind, victim);
      });

      test('#182 a worker that is killed while it is idle disturbs nobody', async (t) => {
        const pool = makePool(t, backend, { maxWorkers: 1 });
        const victim = await pool.submit(whichWorker);
        process.kill(processOf(victim), signal);
        await allWorkersGone(pool);
        assert.notEqual(await pool.submit(whichWorker), victim);
        assert.equal(pool.stats().failed, 0);
      });
    });
  }
}
