/** Failures that belong to no call: a timer that throws, a rejection that nobody handles. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ThreadPoolExecutor } from 'concurrent-futures';
import { neverSettles, rejectUnhandled, throwLater } from '../fixtures/crashing-tasks.ts';
import { echo, Gate, waitAt } from '../fixtures/tasks.ts';
import { allWorkersGone, deathOf } from '../support/deaths.ts';

for (const maxWorkers of [1, 2]) {
  suite(`with ${maxWorkers} worker(s)`, () => {
    test('a timer that throws in an idle worker disturbs nobody', async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers });
      const fuse = new Gate();
      assert.equal(await pool.submit(throwLater, fuse.words, 'late'), undefined);
      fuse.open();
      await allWorkersGone(pool);
      assert.equal(await pool.submit(echo, 'next'), 'next');
      assert.equal(pool.stats().failed, 0);
    });

    test('a timer that throws while another call runs fails that call, with what was thrown', async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      const fuse = new Gate();
      const gate = new Gate();
      await pool.submit(throwLater, fuse.words, 'late');
      const victim = pool.submit(waitAt, gate.words, 1);
      const behind = pool.submit(echo, 'behind');
      await gate.whenArrived(1);
      fuse.open();
      const error = await deathOf(victim);
      assert.ok(error.cause instanceof RangeError);
      assert.equal(error.cause.message, 'late');
      assert.match(error.message, /RangeError: late/);
      assert.equal(error.task, 'waitAt');
      assert.equal(await behind, 'behind');
    });

    test('an unhandled rejection in a task fails the call that runs, with its reason', async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers });
      const error = await deathOf(pool.submit(rejectUnhandled, 'forgotten'));
      assert.ok(error.cause instanceof RangeError);
      assert.equal(error.cause.message, 'forgotten');
      assert.equal(error.task, 'rejectUnhandled');
      assert.equal(await pool.submit(echo, 'next'), 'next');
    });
  });
}

test('a late failure in one worker leaves the call in the other alone', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
  const gate = new Gate();
  const neighbour = pool.submit(waitAt, gate.words, 'kept');
  await gate.whenArrived(1);
  await deathOf(pool.submit(rejectUnhandled, 'elsewhere'));
  gate.open();
  assert.equal(await neighbour, 'kept');
});

test('a task that never settles holds its own worker only', async (t) => {
  const pool = new ThreadPoolExecutor({ maxWorkers: 2, onWorkerDeath: 'break' });
  t.after(() => pool.shutdown());
  const endless = pool.submit(neverSettles);
  const values = Array.from({ length: 50 }, (_, i) => i);
  assert.deepEqual(await Promise.all(values.map((value) => pool.submit(echo, value))), values);
  assert.equal(endless.running(), true);
  // The way out: the other worker's death takes the pool along, as 'break' has it.
  const fuse = new Gate();
  fuse.open();
  await pool.submit(throwLater, fuse.words, 'enough').exception();
  assert.notEqual(await endless.exception(), undefined);
});
