/** What looks like the end of a worker and is none: nobody's call is hurt, and the worker does not haunt its successor. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { BrokenExecutor } from 'concurrent-futures';
import { add, echo, whichWorker } from '../fixtures/tasks.js';
import {
  askThroughIt,
  die,
  nearlyDie,
  nearlyDieAndGoOn,
  neverLeaveFirst,
  pretendToDie,
  surviveAnError,
  takeAwayExit,
} from '../fixtures/unruly-tasks.js';
import { blockingBackends, workerBackends } from '../support/backends.js';
import { Gate } from '../support/gate.js';

const MANY = 200;
const numbers = Array.from({ length: MANY }, (_, i) => i);

for (const backend of new Set([...workerBackends, ...blockingBackends])) {
  suite(`ends that do not come (${backend.name})`, () => {
    for (const unruly of [nearlyDie, pretendToDie]) {
      test(`${unruly.name} returns, and so do all others`, async () => {
        const pool = backend.make({ maxWorkers: 1 });
        const calls = numbers.map((i) =>
          i % 50 === 0 ? pool.submit(unruly) : pool.submit(echo<unknown>, i),
        );
        assert.deepEqual(
          await Promise.all(calls),
          numbers.map((i) => (i % 50 === 0 ? 'still there' : i)),
        );
        await pool.shutdown();
        const { completed, failed, workers } = pool.stats();
        assert.deepEqual(
          { completed, failed, workers },
          { completed: MANY, failed: 0, workers: 0 },
        );
      });
    }

    test('a worker whose exit handlers have run does what it has, and is replaced', async (t) => {
      const gate = new Gate();
      const pool = backend.make({ maxWorkers: 1 });
      t.after(() => {
        gate.open();
        return pool.shutdown();
      });
      const first = await pool.submit(whichWorker);
      const nearly = pool.submit(nearlyDieAndGoOn, gate.address);
      const next = pool.submit(whichWorker);
      await gate.whenArrived(1);
      gate.open();
      assert.equal(await nearly, 'still there');
      assert.notEqual(await next, first);
    });

    test('calls that its tasks wait for have it, if they have nobody else', async (t) => {
      const pool = backend.make({ maxWorkers: 1 });
      t.after(() => pool.shutdown());
      assert.deepEqual(await pool.submit(askThroughIt), ['still there', 'one', 'two']);
      assert.equal(await pool.submit(add, 1, 2), 3);
    });

    test('a worker that retires and has an exit handler in front of ours is ended', async () => {
      const pool = backend.make({ maxWorkers: 1, maxTasksPerChild: 1 });
      await pool.submit(neverLeaveFirst);
      assert.equal(await pool.submit(add, 1, 2), 3);
      await pool.shutdown();
      assert.equal(pool.stats().workers, 0);
    });

    test('such a worker has left in order, and breaks no pool', async (t) => {
      const pool = backend.make({ maxWorkers: 1, onWorkerDeath: 'break' });
      t.after(() => pool.shutdown());
      for (let i = 0; i < 3; i++) assert.equal(await pool.submit(nearlyDie), 'still there');
      assert.equal(await pool.submit(add, 1, 2), 3);
    });

    test("workers that retire and can't end are ended, one after the other", async (t) => {
      const pool = backend.make({ maxWorkers: 1, maxTasksPerChild: 1 });
      t.after(() => pool.shutdown());
      const ends = Array.from({ length: 4 }, () => pool.submit(takeAwayExit));
      assert.deepEqual(await Promise.all(ends), ['taken', 'taken', 'taken', 'taken']);
      assert.equal(await pool.submit(add, 1, 2), 3);
    });

    test('an error that was handled is not the cause of an end that has nothing to do with it', async (t) => {
      const pool = backend.make({ maxWorkers: 1 });
      t.after(() => pool.shutdown());
      await pool.submit(surviveAnError);
      await pool.submit(echo<number>, 1);
      const error = await pool.submit(die).exception();
      assert.ok(error instanceof BrokenExecutor);
      assert.equal(error.exitCode, 7);
      assert.equal(error.cause, undefined);
      assert.doesNotMatch(error.message, /handled/);
    });
  });
}

for (const backend of blockingBackends)
  test(`a blocked parent does not take a worker for dead that lives (${backend.name})`, async (t) => {
    const pool = backend.make({ maxWorkers: 1 });
    t.after(() => pool.shutdown());
    await pool.submit(echo<number>, 1);
    for (const unruly of [nearlyDie, pretendToDie]) {
      assert.equal(pool.submit(unruly).resultSync(), 'still there');
      const calls = numbers.map((i) => pool.submit(echo<number>, i));
      assert.deepEqual(
        calls.map((call) => call.resultSync()),
        numbers,
      );
    }
  });
