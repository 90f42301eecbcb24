/** Items 26-35: the executor's side of a future, its text, its type, and what it keeps alive. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import * as library from 'concurrent-futures';
import {
  asCompleted,
  CancelledError,
  ExecutorError,
  Future,
  InvalidStateError,
  TimeoutError,
  wait,
} from 'concurrent-futures';
import { noop } from '../fixtures/tasks.js';
import { everyBackend, lacks } from '../support/every-backend.js';
import { busyPool } from '../support/busy-pool.js';
import { assertCollected } from '../support/fresh-process.js';
import {
  cancelled,
  everyState,
  failed,
  finished,
  pending,
  rejection,
  running,
} from '../support/futures.js';

test('#26 setRunningOrNotifyCancel makes a pending future running and returns true', () => {
  const future = pending();
  assert.equal(future.setRunningOrNotifyCancel(), true);
  assert.equal(future.state, 'running');
});

test('#27 setRunningOrNotifyCancel returns false for a cancelled future, whose waiters know', async () => {
  const future = pending();
  const halves = wait([future]);
  const next = asCompleted([future]).next();
  future.cancel();
  assert.equal(future.setRunningOrNotifyCancel(), false);
  assert.equal(future.setRunningOrNotifyCancel(), false);
  assert.equal(future.state, 'cancelled');
  assert.equal((await halves).done.has(future), true);
  assert.equal((await next).value, future);
});

test('#28 setRunningOrNotifyCancel throws in any other state, and changes nothing', () => {
  for (const future of [running(), finished(1), failed()]) {
    const before = inspect(future);
    assert.throws(
      () => future.setRunningOrNotifyCancel(),
      (error) => {
        assert.ok(error instanceof ExecutorError && !(error instanceof InvalidStateError));
        assert.equal(error.code, 'ERR_UNEXPECTED_STATE');
        assert.ok(error.message.startsWith(`Future in unexpected state: ${before}`));
        return true;
      },
    );
    assert.equal(inspect(future), before);
  }
});

test('#29 the text of a future tells its state, and the kind of its outcome', () => {
  class Result {
    readonly value = 1;
  }
  const texts: [Future<unknown>, RegExp][] = [
    [pending(), /^<Future #\d+ pending>$/],
    [running(), /^<Future #\d+ running>$/],
    [cancelled(), /^<Future #\d+ cancelled>$/],
    [finished(1), /^<Future #\d+ finished returned number>$/],
    [finished(null), /^<Future #\d+ finished returned null>$/],
    [finished(new Result()), /^<Future #\d+ finished returned Result>$/],
    [failed(new RangeError('x')), /^<Future #\d+ finished raised RangeError>$/],
  ];
  for (const [future, text] of texts) assert.match(inspect(future), text);
});

test('#29 futures can be told apart by their texts, which do not change', () => {
  const [one, other] = [pending(), pending()];
  assert.notEqual(inspect(one), inspect(other));
  assert.equal(inspect(one), inspect(one));
});

test('#30 Future takes a type argument, which the compiler holds it to', async () => {
  const future: Future<number> = new Future<number>();
  // @ts-expect-error -- a future of numbers takes no string
  const refused = (): void => future.setResult('text');
  assert.equal(typeof refused, 'function');
  future.setResult(1);
  const value: number = await future;
  assert.equal(value.toFixed(1), '1.0');
});

test('#31 futures are told apart by identity, as members of sets and keys of maps', () => {
  const [one, other] = [finished(1), finished(1)];
  assert.equal(new Set([one, other, one]).size, 2);
  const names = new Map([
    [one, 'one'],
    [other, 'other'],
  ]);
  one.cancel();
  assert.deepEqual([names.get(one), names.get(other)], ['one', 'other']);
});

test('#32 state, value and error of a future can be read in one go, without waiting', () => {
  const error = new Error('read');
  assert.deepEqual([finished(1).resultSync(), finished(1).exceptionSync()], [1, undefined]);
  assert.equal(failed(error).exceptionSync(), error);
  assert.throws(() => failed(error).resultSync(), error);
  assert.throws(() => cancelled().resultSync(), CancelledError);
  assert.throws(() => cancelled().exceptionSync(), CancelledError);
  assert.throws(() => pending().resultSync({ timeout: 0 }), TimeoutError);
  for (const { make, state } of everyState) {
    const future = make();
    assert.deepEqual(
      [future.state, future.done(), future.running(), future.cancelled()],
      [state, /cancelled|finished/.test(state), state === 'running', state === 'cancelled'],
    );
  }
});

test('#33 a future can be awaited, chained and combined like a promise', async () => {
  const error = new Error('bad');
  assert.equal(await finished(1), 1);
  assert.equal(await finished(1).then((value) => value + 1), 2);
  assert.equal(await failed(error).catch((thrown) => thrown), error);
  assert.equal(await finished(1).finally(() => 2), 1);
  assert.deepEqual(await Promise.all([finished(1), finished('two')]), [1, 'two']);
  assert.equal(await Promise.race([pending(), finished(3)]), 3);
  assert.equal(await rejection(Promise.all([pending(), failed(error)])), error);
});

test('#34 a future and its error that refer to each other can be collected', async () => {
  await assertCollected('future-and-error-in-a-circle');
});

test('#35 public classes print under the names they are imported by', () => {
  for (const [name, value] of Object.entries(library)) {
    if (typeof value !== 'function') continue;
    assert.equal(value.name, name);
    if (value.prototype instanceof Error) assert.equal(value.prototype.name, name);
  }
  assert.match(inspect(Future), /^\[class Future\]/);
  assert.match(String(new TimeoutError('late')), /^TimeoutError: late$/);
});

for (const backend of everyBackend) {
  describe(backend.name, () => {
    test('#29 the text of a call tells the task and the worker that runs it', async (t) => {
      if (lacks(t, backend, 'worker names')) return;
      const { pool, held } = await busyPool(t, backend);
      assert.match(inspect(held), /^<Future #\d+ running task=waitAt.* worker=\S+_0>$/);
      assert.match(inspect(pool.submit(noop)), /^<Future #\d+ pending task=noop[^ ]*>$/);
    });

    test('#33 cancellation passes both ways: to whoever awaits, and from a signal', async (t) => {
      const { pool } = await busyPool(t, backend);
      const controller = new AbortController();
      const reason = new Error('enough');
      const [own, other] = [
        pool.submit(noop),
        pool.with({ signal: controller.signal }).submit(noop),
      ];
      const awaiting = [rejection(own), rejection(other)];
      own.cancel();
      controller.abort(reason);
      const errors = await Promise.all(awaiting);
      for (const error of errors) assert.ok(error instanceof CancelledError);
      assert.deepEqual([own.cancelled(), other.cancelled()], [true, true]);
      assert.equal((errors[1] as Error).cause, reason);
    });
  });
}
