/** Items 1-11: the state of a future, and cancellation. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { asCompleted, CancelledError, Future, type FutureState, wait } from 'concurrent-futures';
import { echo, noop } from '../fixtures/tasks.js';
import { everyBackend } from '../support/every-backend.js';
import { busyPool } from '../support/busy-pool.js';
import { cancelled, everyState, failed, finished, pending, running } from '../support/futures.js';
import { cancelOf } from '../support/remote.js';
import { assertSame } from '../support/same.js';

/** The states in which one of the questions about a future is answered with yes. */
function statesWhere(ask: (future: Future<number>) => boolean): string[] {
  return everyState.filter(({ make }) => ask(make())).map(({ name }) => name);
}

test('#1 a new Future is pending, and moves on to running, cancelled or finished', () => {
  const states: FutureState[] = [new Future<number>().state];
  for (const { make } of everyState.slice(1)) states.push(make().state);
  assert.deepEqual(states, ['pending', 'running', 'cancelled', 'finished', 'finished']);
});

test('#2 cancelling a pending future returns true and makes it cancelled', () => {
  const future = pending();
  assert.equal(future.cancel(), true);
  assert.equal(future.state, 'cancelled');
});

test('#2 the reason given to cancel is the cause of the CancelledError', async () => {
  const reason = { why: 'no longer needed' };
  await assert.rejects(cancelled(reason).result(), (error: unknown) => {
    assert.ok(error instanceof CancelledError);
    assert.equal(error.cause, reason);
    return true;
  });
});

test('#3 cancelling a running future returns false and changes nothing', async () => {
  const future = running();
  assert.equal(future.cancel(), false);
  assert.equal(future.state, 'running');
  future.setResult(1);
  assert.equal(await future, 1);
});

test('#4 cancelling a finished future returns false and keeps its outcome', async () => {
  const error = new Error('first');
  const [good, bad] = [finished(1), failed(error)];
  assert.equal(good.cancel(), false);
  assert.equal(bad.cancel(), false);
  assert.equal(await good, 1);
  assert.equal(await bad.exception(), error);
});

test('#5 cancelling again returns true, runs no callback again and keeps the first reason', async () => {
  const future = pending();
  let calls = 0;
  future.addDoneCallback(() => calls++);
  assert.deepEqual([future.cancel('first'), future.cancel('second')], [true, true]);
  assert.equal(calls, 1);
  await assert.rejects(future.result(), { name: 'CancelledError', cause: 'first' });
});

test('#8 cancel runs the done-callbacks before it returns, and notification does not repeat them', () => {
  const future = pending();
  const seen: boolean[] = [];
  future.addDoneCallback((done) => seen.push(done.cancelled()));
  future.cancel();
  assert.deepEqual(seen, [true]);
  assert.equal(future.setRunningOrNotifyCancel(), false);
  assert.deepEqual(seen, [true]);
});

test('#9 cancelled() is true for a cancelled future only, notified or not', () => {
  assert.deepEqual(
    statesWhere((future) => future.cancelled()),
    ['cancelled'],
  );
  const notified = cancelled();
  notified.setRunningOrNotifyCancel();
  assert.equal(notified.cancelled(), true);
  assert.equal(notified.state, 'cancelled');
});

test('#10 running() is true for a running future only', () => {
  assert.deepEqual(
    statesWhere((future) => future.running()),
    ['running'],
  );
});

test('#11 done() is true for cancelled and finished futures only', () => {
  assert.deepEqual(
    statesWhere((future) => future.done()),
    ['cancelled', 'finished with a value', 'finished with an error'],
  );
});

for (const backend of everyBackend) {
  describe(backend.name, () => {
    test('#2 a call that waits for a worker can be cancelled and never runs', async (t) => {
      const { pool, gate, held } = await busyPool(t, backend);
      const [first, second] = [pool.submit(echo<number>, 1), pool.submit(echo<number>, 1)];
      assert.equal(first.cancel(), true);
      // By then it has left this process, if that is its way.
      await turn();
      assert.equal(await cancelOf(second), true);
      assert.deepEqual([first.state, second.state], ['cancelled', 'cancelled']);
      gate.open();
      assert.equal(await held, 'through');
      assert.equal(await pool.submit(echo<number>, 2), 2);
      assert.deepEqual([pool.stats().completed, pool.stats().cancelled], [2, 2]);
    });

    test('#3 a call that a worker has begun cannot be cancelled and goes on', async (t) => {
      const { gate, held } = await busyPool(t, backend);
      assert.deepEqual([held.cancel(), held.state], [false, 'running']);
      assert.deepEqual([await cancelOf(held), held.state], [false, 'running']);
      gate.open();
      assert.equal(await held, 'through');
    });

    test('#6 cancel releases everybody who waits while the worker is still busy', async (t) => {
      const { pool, held } = await busyPool(t, backend);
      const queued = pool.submit(noop);
      const waiting = [
        queued.result(),
        queued.exception(),
        queued.result({ timeout: 1_000_000 }),
        queued.then(() => {}),
      ];
      queued.cancel();
      for (const each of waiting) await assert.rejects(each, CancelledError);
      assert.equal(held.running(), true);
    });

    test('#7 cancel tells wait and asCompleted, without a worker', async (t) => {
      const { pool, held } = await busyPool(t, backend);
      const queued = pool.submit(noop);
      const halves = wait([queued]);
      const next = asCompleted([queued]).next();
      queued.cancel();
      assertSame((await halves).done, [queued]);
      assert.equal((await next).value, queued);
      assert.equal(held.running(), true);
    });

    test('#10 running() is true from the moment a worker begins, and not before', async (t) => {
      const { pool, gate, held } = await busyPool(t, backend);
      const queued = pool.submit(noop);
      assert.deepEqual([held.running(), queued.running()], [true, false]);
      gate.open();
      await wait([held, queued]);
      assert.deepEqual([held.running(), queued.running()], [false, false]);
    });
  });
}
