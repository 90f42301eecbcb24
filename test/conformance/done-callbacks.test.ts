/** Items 36-43: done-callbacks. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { Future } from 'concurrent-futures';
import { whichWorker } from '../fixtures/tasks.js';
import { everyBackend } from '../support/every-backend.js';
import { busyPool } from '../support/busy-pool.js';
import { assertCollected } from '../support/fresh-process.js';
import { cancelled, failed, finished, pending, running } from '../support/futures.js';
import { assertSame } from '../support/same.js';
import { warningsDuring } from '../support/warnings.js';

const settlements: readonly [string, (future: Future<number>) => void][] = [
  ['a value', (future) => future.setResult(5)],
  ['an error', (future) => future.setException(new Error('foo'))],
  ['a cancellation', (future) => void future.cancel()],
];

for (const [name, settle] of settlements) {
  test(`#36 a callback is called once, with the future, when it ends with ${name}`, () => {
    const future = pending();
    const calls: unknown[][] = [];
    future.addDoneCallback((...args) => calls.push([...args, args[0].done()]));
    assert.equal(calls.length, 0);
    settle(future);
    assert.equal(calls.length, 1);
    assert.deepEqual(calls[0]?.slice(1), [true]);
    assert.equal(calls[0]?.[0], future);
  });
}

test('#36 a callback can read the outcome', () => {
  const seen: unknown[] = [];
  const error = new Error('foo');
  const [good, bad] = [running(), running()];
  good.addDoneCallback((future) => seen.push(future.resultSync()));
  bad.addDoneCallback((future) => seen.push(future.exceptionSync()));
  good.setResult(5);
  bad.setException(error);
  assertSame(seen, [5, error]);
});

test('#37 a callback added to a done future is called at once', () => {
  for (const future of [finished(5), failed(), cancelled()]) {
    const seen: unknown[] = [];
    future.addDoneCallback((done) => seen.push(done));
    assertSame(seen, [future]);
  }
});

test('#38 callbacks run in the order added, one added twice runs twice', () => {
  const future = pending();
  const order: string[] = [];
  const twice = (): void => void order.push('twice');
  future.addDoneCallback(() => order.push('first'));
  future.addDoneCallback(twice);
  future.addDoneCallback(() => order.push('middle'));
  future.addDoneCallback(twice);
  future.setResult(1);
  assert.deepEqual(order, ['first', 'twice', 'middle', 'twice']);
});

test('#39 a callback that throws becomes a warning; the later ones run, setResult does not throw', async () => {
  const future = pending();
  let later = 0;
  future.addDoneCallback(() => {
    throw new Error('doh!');
  });
  future.addDoneCallback(() => later++);
  const warnings = await warningsDuring(() => future.setResult(5));
  assert.equal(later, 1);
  assert.equal(warnings.length, 1);
  assert.equal(warnings[0]?.code, 'CF_CALLBACK_FAILED');
  assert.ok(warnings[0]?.message.includes(inspect(future)));
  assert.match(warnings[0]?.detail ?? '', /Error: doh!\n +at /);
  assert.equal(await future, 5);
});

test('#40 a callback that throws when it is called at once becomes a warning, too', async () => {
  const future = finished(5);
  const warnings = await warningsDuring(() =>
    future.addDoneCallback(() => {
      throw new Error('doh!');
    }),
  );
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ['CF_CALLBACK_FAILED'],
  );
  assert.match(warnings[0]?.detail ?? '', /Error: doh!\n +at /);
});

test('#41 nothing that a callback throws keeps the others from running, whoever settles', async () => {
  const hostile = {
    [inspect.custom](): never {
      throw new Error('not even inspected');
    },
  };
  for (const [, settle] of settlements) {
    for (const thrown of [undefined, null, 0, 'text', Symbol('s'), hostile]) {
      const future = pending();
      let later = 0;
      future.addDoneCallback(() => {
        throw thrown;
      });
      future.addDoneCallback(() => later++);
      const warnings = await warningsDuring(() => settle(future));
      assert.deepEqual([later, warnings.length], [1, 1]);
    }
  }
});

test('#43 a callback can be removed before the future is done, and only that one', () => {
  const future = pending();
  const order: string[] = [];
  const same = (): void => void order.push('same');
  const remove = future.addDoneCallback(same);
  future.addDoneCallback(() => order.push('other'));
  future.addDoneCallback(same);
  remove();
  remove();
  future.setResult(1);
  assert.deepEqual(order, ['other', 'same']);
  remove();
});

test('#43 a done future does not keep its callbacks alive', async () => {
  await assertCollected('callback-of-a-done-future', 'removed-callback');
});

for (const backend of everyBackend) {
  describe(backend.name, () => {
    test('#36 a callback sees the outcome of a call', async (t) => {
      const { pool, gate } = await busyPool(t, backend);
      const future = pool.submit(whichWorker);
      const seen: unknown[] = [];
      future.addDoneCallback((done) => seen.push(done.resultSync()));
      gate.open();
      assert.deepEqual([await future, ...seen], [seen[0], seen[0]]);
    });

    test('#42 callbacks run where they were added, not in the worker', async (t) => {
      const { pool, gate } = await busyPool(t, backend);
      const here = whichWorker();
      const seen: string[] = [];
      const note = (): void => void seen.push(whichWorker());
      const future = pool.submit(whichWorker);
      future.addDoneCallback(note);
      gate.open();
      const worker = await future;
      future.addDoneCallback(note);
      assert.deepEqual(seen, [here, here]);
      assert.equal(worker !== here, backend.isolated);
    });

    test('#42 callbacks of a cancelled call run in the canceller', async (t) => {
      const { pool } = await busyPool(t, backend);
      const future = pool.submit(whichWorker);
      const seen: string[] = [];
      future.addDoneCallback(() => seen.push(whichWorker()));
      future.cancel();
      assert.deepEqual(seen, [whichWorker()]);
    });
  });
}
