/** Items 12-25: how the outcome of a future is stored, read and waited for. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import {
  CancelledError,
  FIRST_EXCEPTION,
  Future,
  InvalidStateError,
  TimeoutError,
  wait,
} from 'concurrent-futures';
import { echo, fail } from '../fixtures/tasks.js';
import { throwValue } from '../fixtures/throws-value.js';
import { everyBackend } from '../support/every-backend.js';
import { busyPool } from '../support/busy-pool.js';
import {
  cancelled,
  failed,
  finished,
  isSettled,
  pending,
  rejection,
  running,
} from '../support/futures.js';
import { assertSame } from '../support/same.js';

const falsyValues: readonly unknown[] = [undefined, null, false, 0, -0, NaN, '', 0n];

test('#12 any number of waiters get the value, and it can be asked for again', async () => {
  const value = { the: 'value' };
  const future = pending<object>();
  const early = [future.result(), future.result({ timeout: 1_000_000 }), future.then((v) => v)];
  future.setResult(value);
  for (const each of [...early, future.result(), future.result()]) assert.equal(await each, value);
});

test('#13 the very object that was stored is thrown, each time', async () => {
  const error = new RangeError('the one');
  const future = failed(error);
  assert.equal(await rejection(future.result()), error);
  assert.equal(await rejection(future.result({ timeout: 10 })), error);
  assert.equal(await rejection(future), error);
  assert.throws(
    () => future.resultSync(),
    (thrown) => thrown === error,
  );
});

test('#14 a future cancelled before or during the waiting throws CancelledError', async () => {
  await assert.rejects(cancelled().result(), CancelledError);
  const future = pending();
  const during = [future.result(), future.result({ timeout: 1_000_000 })];
  future.cancel();
  for (const each of during) await assert.rejects(each, CancelledError);
});

test('#15 a timeout throws TimeoutError, leaves the future alone, and waiting again works', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const future = running();
  const first = future.result({ timeout: 1000 });
  t.mock.timers.tick(1);
  assert.equal(await isSettled(first), false);
  t.mock.timers.tick(999);
  await assert.rejects(first, TimeoutError);
  assert.equal(future.state, 'running');
  const second = future.result({ timeout: 1000 });
  future.setResult(42);
  assert.equal(await second, 42);
});

test('#16 no timeout and Infinity wait for ever, and fractions are fine', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const future = pending();
  const endless = [
    future.result(),
    future.result({ timeout: undefined }),
    future.result({ timeout: Infinity }),
  ];
  const short = future.result({ timeout: 0.5 });
  t.mock.timers.tick(2 ** 31 - 1);
  await assert.rejects(short, TimeoutError);
  for (const each of endless) assert.equal(await isSettled(each), false);
  future.setResult(1);
  assert.deepEqual(await Promise.all(endless), [1, 1, 1]);
});

test('#16 a timeout of 0 polls once', async () => {
  await assert.rejects(pending().result({ timeout: 0 }), TimeoutError);
  assert.equal(await finished(1).result({ timeout: 0 }), 1);
});

test('#16 a negative timeout and NaN are refused', async () => {
  for (const timeout of [-1, -0.5, -Infinity, NaN]) {
    await assert.rejects(pending().result({ timeout }), RangeError);
  }
});

test('#17 a timeout that is too large or no number is refused, also by a finished future', async () => {
  for (const future of [pending(), finished(1)]) {
    for (const timeout of [2 ** 31, 2 ** 40, Number.MAX_VALUE]) {
      await assert.rejects(future.result({ timeout }), RangeError);
    }
    for (const timeout of ['5', null, 5n, {}]) {
      await assert.rejects(future.result({ timeout: timeout as number }), TypeError);
    }
  }
});

test('#18 exception() gives the error or undefined, and throws only about the waiting', async () => {
  const error = new Error('stored');
  assert.equal(await failed(error).exception(), error);
  assert.equal(await finished(1).exception(), undefined);
  await assert.rejects(pending().exception({ timeout: 0 }), TimeoutError);
  await assert.rejects(cancelled().exception(), CancelledError);
  const future = pending();
  const during = [future.exception(), future.exception({ timeout: 1_000_000 })];
  future.setException(error);
  assertSame(await Promise.all(during), [error, error]);
});

test('#18 a CancelledError that the task itself threw is an error like any other', async () => {
  const error = new CancelledError('thrown by the task');
  assert.equal(await failed(error).exception(), error);
  assert.equal(failed(error).exceptionSync(), error);
});

test('#19 falsy values that are thrown fail the future', async () => {
  for (const value of falsyValues) {
    const future = failed(value);
    assert.ok(Object.is(await rejection(future), value));
    assert.ok(Object.is(await future.exception(), value));
    assert.equal(await rejection(Promise.resolve(future).finally(() => {})), value);
    const { done } = await wait([future, pending()], { returnWhen: FIRST_EXCEPTION });
    assertSame(done, [future]);
  }
});

test('#20 the text of a future that failed with a falsy value says that it raised', () => {
  const texts = falsyValues.map((value) => inspect(failed(value)));
  for (const text of texts) assert.match(text, /finished raised (undefined|null|\w+)/);
  assert.match(inspect(failed(undefined)), /raised undefined/);
  assert.match(inspect(finished(undefined)), /returned undefined/);
});

test('#21 setException takes any value as it is: undefined fails the future, a class is not called', async () => {
  const nothing = failed(undefined);
  assert.equal(await rejection(nothing), undefined);
  const aClass = failed(RangeError);
  assert.equal(await rejection(aClass), RangeError);
  assert.equal(await aClass.exception(), RangeError);
});

test('#22 a future can be settled straight from pending', async () => {
  assert.equal(await finished(1), 1);
  const error = new Error('straight');
  assert.equal(await failed(error).exception(), error);
});

test('#23 a second outcome throws InvalidStateError, and the first is kept', async () => {
  const error = new Error('first');
  const settled: [Future<number>, RegExp][] = [
    [finished(1), /^FINISHED: <Future .*returned number>/],
    [failed(error), /^FINISHED: <Future .*raised Error>/],
    [cancelled(), /^CANCELLED: <Future .*cancelled>/],
  ];
  for (const [future, message] of settled) {
    for (const again of [() => future.setResult(2), () => future.setException(new Error('2nd'))]) {
      assert.throws(again, (thrown) => {
        assert.ok(thrown instanceof InvalidStateError);
        assert.match(thrown.message, message);
        return true;
      });
    }
  }
  const [good, bad, gone] = settled.map(([future]) => future);
  assert.equal(await good, 1);
  assert.equal(await bad?.exception(), error);
  assert.equal(gone?.cancelled(), true);
});

test('#25 a callback runs before anybody who awaits the future goes on', async () => {
  const order: string[] = [];
  const future = pending();
  const reactions = [
    future.then(() => order.push('then')),
    future.result({ timeout: 1_000_000 }).then(() => order.push('result')),
    wait([future]).then(() => order.push('wait')),
  ];
  future.addDoneCallback(() => order.push('callback'));
  future.setResult(1);
  assert.deepEqual(order, ['callback']);
  await Promise.all(reactions);
  assert.equal(order.length, 4);
});

for (const backend of everyBackend) {
  describe(backend.name, () => {
    test('#12 everybody who waits for a call gets its value', async (t) => {
      const { pool, gate } = await busyPool(t, backend);
      const future = pool.submit(echo<string>, 'value');
      const waiting = [future.result(), future.result({ timeout: 1_000_000 }), future.result()];
      gate.open();
      assert.deepEqual(await Promise.all(waiting), ['value', 'value', 'value']);
    });

    test('#13 what a task threw is the same object each time', async (t) => {
      const pool = backend.make({ maxWorkers: 1 });
      t.after(() => pool.shutdown());
      const future = pool.submit(fail, 'message');
      const error = await rejection(future);
      assert.ok(error instanceof TypeError);
      assert.equal(error.message, 'message');
      assert.equal(await rejection(future.result()), error);
      assert.equal(await future.exception(), error);
    });

    test('#15 a timeout leaves the call alone, and waiting again gets its value', async (t) => {
      const { gate, held } = await busyPool(t, backend);
      await assert.rejects(held.result({ timeout: 1 }), TimeoutError);
      await assert.rejects(held.exception({ timeout: 0 }), TimeoutError);
      assert.equal(held.state, 'running');
      gate.open();
      assert.equal(await held.result({ timeout: 1_000_000 }), 'through');
    });

    test('#19 a task that throws a falsy value fails', async (t) => {
      const pool = backend.make({ maxWorkers: 1 });
      t.after(() => pool.shutdown());
      for (const value of falsyValues) {
        const future = pool.submit(throwValue, value);
        const thrown = await rejection(future);
        assert.ok(Object.is(thrown, value), `${inspect(thrown)} instead of ${inspect(value)}`);
      }
    });
  });
}
