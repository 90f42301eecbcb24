/** Failures that belong to no call: a timer that throws, a rejection that nobody handles. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { neverSettles, rejectUnhandled, throwLater } from '../fixtures/crashing-tasks.ts';
import { echo, waitAt } from '../fixtures/tasks.ts';
import { workerBackends } from '../support/backends.ts';
import { allWorkersGone, deathOf } from '../support/deaths.ts';
import { makeGate, makePool } from '../support/held.ts';

for (const backend of workerBackends) {
  for (const maxWorkers of [1, 2]) {
    suite(`with ${maxWorkers} worker(s) (${backend.name})`, () => {
      test('a timer that throws in an idle worker disturbs nobody', async (t) => {
        const pool = makePool(t, backend, { maxWorkers });
        const fuse = makeGate(t);
        assert.equal(await pool.submit(throwLater, fuse.address, 'late'), undefined);
        fuse.open();
        await allWorkersGone(pool);
        assert.equal(await pool.submit(echo, 'next'), 'next');
        assert.equal(pool.stats().failed, 0);
      });

      test('a timer that throws while another call runs fails that call, with what was thrown', async (t) => {
        const pool = makePool(t, backend, { maxWorkers: 1 });
        const fuse = makeGate(t);
        const gate = makeGate(t);
        await pool.submit(throwLater, fuse.address, 'late');
        const victim = pool.submit(waitAt, gate.address, 1);
        const behind = pool.submit(echo, 'behind');
        await gate.whenArrived(1);
        fuse.open();
        const error = await deathOf(backend, victim);
        assert.ok(error.cause instanceof RangeError);
        assert.equal(error.cause.message, 'late');
        assert.match(error.message, /RangeError: late/);
        assert.equal(error.task, 'waitAt');
        assert.equal(await behind, 'behind');
      });

      test('an unhandled rejection in a task fails the call that runs, with its reason', async () => {
        await using pool = backend.make({ maxWorkers });
        const error = await deathOf(backend, pool.submit(rejectUnhandled, 'forgotten'));
        assert.ok(error.cause instanceof RangeError);
        assert.equal(error.cause.message, 'forgotten');
        assert.equal(error.task, 'rejectUnhandled');
        assert.equal(await pool.submit(echo, 'next'), 'next');
      });
    });
  }

  test(`a late failure in one worker leaves the call in the other alone (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 2 });
    const gate = makeGate(t);
    const neighbour = pool.submit(waitAt, gate.address, 'kept');
    await gate.whenArrived(1);
    await deathOf(backend, pool.submit(rejectUnhandled, 'elsewhere'));
    gate.open();
    assert.equal(await neighbour, 'kept');
  });

  test(`a task that never settles holds its own worker only (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 2, onWorkerDeath: 'break' });
    const endless = pool.submit(neverSettles);
    const values = Array.from({ length: 50 }, (_, i) => i);
    assert.deepEqual(await Promise.all(values.map((value) => pool.submit(echo, value))), values);
    assert.equal(endless.running(), true);
    // The way out: the other worker's death takes the pool along, as 'break' has it.
    const fuse = makeGate(t);
    fuse.open();
    await pool.submit(throwLater, fuse.address, 'enough').exception();
    assert.notEqual(await endless.exception(), undefined);
  });
}
