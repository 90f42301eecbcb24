/** Where a call was submitted: part of the error that it fails with, forgotten once it is done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import {
  controlFuture,
  failFuture,
  finishFuture,
  noteCallSite,
  peekOutcome,
} from '#dist/future/future.js';
import type { Future } from '#dist/future/future.js';
import type { CallController } from '#dist/future/call-controller.js';
import { isCollected } from '../support/garbage.js';

const driver: CallController = {
  withdraw: () => true,
  begun: () => false,
  block() {},
  workerName: () => undefined,
};

function submit(): Future<unknown> {
  const future = controlFuture(driver, 0, 'job');
  noteCallSite(future, submit);
  return future;
}

function caller(): Future<unknown> {
  return submit();
}

test('the stack of the error goes on with the caller', () => {
  const future = caller();
  const error = new Error('x');
  const { stack } = error;
  failFuture(future, error);
  assert.equal(peekOutcome(future), error);
  assert.ok(error.stack?.startsWith(`${stack}\n    at caller (`), error.stack);
  assert.doesNotMatch(error.stack ?? '', /at submit/);
});

test('an error that comes too late is left as it is', () => {
  const future = caller();
  finishFuture(future, 1);
  const error = new Error('x');
  const { stack } = error;
  failFuture(future, error);
  assert.equal(error.stack, stack);
});

test('a future that has failed before the call site is noted is left as it is', () => {
  const future = controlFuture(driver, 0, 'job');
  const error = new Error('x');
  const { stack } = error;
  failFuture(future, error);
  noteCallSite(future, submit);
  assert.equal((peekOutcome(future) as Error).stack, stack);
});

/** A call, and what a function of its stack refers to. */
function callThrough(): { future: Future<unknown>; watched: WeakRef<object> } {
  const shop = { submit };
  const through = (): Future<unknown> => shop.submit();
  return { future: through(), watched: new WeakRef(shop) };
}

test('the caller can be collected while the call is under way', async () => {
  const { future, watched } = callThrough();
  assert.ok(await isCollected(watched));
  const error = new Error('x');
  failFuture(future, error);
  assert.match(error.stack ?? '', /at through \(/);
});

for (const [what, end] of [
  ['a value', (future: Future<unknown>) => finishFuture(future, 1)],
  ['cancellation', (future: Future<unknown>) => void future.cancel()],
] as const) {
  test(`no text is made for a call that ends with ${what} at once`, async (t) => {
    let texts = 0;
    t.after(() => Reflect.deleteProperty(Error, 'prepareStackTrace'));
    Error.prepareStackTrace = (error) => {
      texts++;
      return String(error);
    };
    const futures = [caller(), caller()];
    end(futures[0] as Future<unknown>);
    await turn();
    assert.equal(texts, 1, 'of the other');
  });
}
