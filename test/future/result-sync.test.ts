/** Blocking reads of futures that are driven by hand, in this very thread. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CancelledError, DeadlockError, TimeoutError } from 'concurrent-futures';
import { cancelled, failed, finished, pending, running } from '../support/futures.js';

test('blocking on a future driven by hand is refused, as it could never end', () => {
  for (const make of [pending, running]) {
    for (const options of [undefined, {}, { timeout: 10 }, { timeout: Infinity }]) {
      const future = make();
      for (const block of [() => future.resultSync(options), () => future.exceptionSync(options)]) {
        assert.throws(block, (error) => {
          assert.ok(error instanceof DeadlockError);
          assert.equal(error.code, 'ERR_DEADLOCK');
          assert.match(error.message, /<Future #\d+ (pending|running)> .*driven by hand/);
          return true;
        });
      }
      future.setResult(1);
      assert.equal(future.resultSync(options), 1);
    }
  }
});

test('a timeout of 0 polls instead', () => {
  for (const future of [pending(), running()]) {
    assert.throws(() => future.resultSync({ timeout: 0 }), TimeoutError);
    assert.throws(() => future.exceptionSync({ timeout: 0 }), TimeoutError);
    future.setResult(1);
    assert.equal(future.resultSync({ timeout: 0 }), 1);
    assert.equal(future.exceptionSync({ timeout: 0 }), undefined);
  }
});

test('a done future is read at once, in each of its states', () => {
  const error = new Error('bad');
  assert.equal(finished('value').resultSync(), 'value');
  assert.equal(finished('value').exceptionSync(), undefined);
  assert.equal(failed(error).exceptionSync(), error);
  assert.throws(
    () => failed(error).resultSync(),
    (thrown) => thrown === error,
  );
  assert.throws(() => cancelled().resultSync(), CancelledError);
  assert.throws(() => cancelled().exceptionSync(), CancelledError);
});
