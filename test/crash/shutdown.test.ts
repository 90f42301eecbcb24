/** Crashes while a pool is being shut down: `shutdown` returns, and every call has its outcome. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { exitOrReturn, exitWith, throwLater } from '../fixtures/crashing-tasks.ts';
import { waitAt } from '../fixtures/tasks.ts';
import { workerBackends } from '../support/backends.ts';
import { deathOf } from '../support/deaths.ts';
import { makeGate, makePool } from '../support/held.ts';

for (const backend of workerBackends) {
  for (const maxWorkers of [1, 2]) {
    suite(`with ${maxWorkers} worker(s) (${backend.name})`, () => {
      for (const onWorkerDeath of ['replace', 'break'] as const) {
        test(`#190 a call that crashes after shutdown was called ('${onWorkerDeath}')`, async () => {
          const pool = backend.make({ maxWorkers, onWorkerDeath });
          const lost = pool.submit(exitWith, 1);
          await pool.shutdown();
          assert.equal(lost.done(), true);
          assert.notEqual(await lost.exception(), undefined);
          assert.equal(pool.stats().workers, 0);
        });
      }

      test('calls that wait behind crashing ones are still carried out', async () => {
        const pool = backend.make({ maxWorkers });
        const futures = Array.from({ length: 40 }, (_, i) =>
          pool.submit(exitOrReturn, i % 8 === 0, i),
        );
        await pool.shutdown();
        for (const [i, future] of futures.entries()) {
          assert.equal(future.done(), true);
          if (i % 8 === 0) await deathOf(backend, future);
          else assert.equal(await future, i);
        }
      });

      test('shutdown({ wait: false }) with crashing calls: they settle all the same', async () => {
        const pool = backend.make({ maxWorkers });
        const futures = Array.from({ length: 6 }, (_, i) => pool.submit(exitOrReturn, i < 3, i));
        await pool.shutdown({ wait: false });
        for (const [i, future] of futures.entries()) {
          if (i < 3) await deathOf(backend, future);
          else assert.equal(await future, i);
        }
        await pool.shutdown();
      });
    });
  }

  test(`cancelFutures with a crash under way (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const gate = makeGate(t);
    const fuse = makeGate(t);
    await pool.submit(throwLater, fuse.address, 'late');
    const victim = pool.submit(waitAt, gate.address, 0);
    await gate.whenArrived(1);
    const queued = Array.from({ length: 10 }, (_, i) => pool.submit(exitOrReturn, true, i));
    const closed = pool.shutdown({ cancelFutures: true });
    fuse.open();
    await closed;
    assert.ok(queued.every((future) => future.cancelled()));
    assert.match(String((await deathOf(backend, victim)).cause), /late/);
  });
}
