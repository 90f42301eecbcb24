/** The option `signal`: it ends the waiting with its reason, and not what is waited for. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { asCompleted, type Future, wait, type WaitOptions } from 'concurrent-futures';
import { finished, pending, rejection } from '../support/futures.js';

const waits: readonly [
  string,
  (future: Future<number>, options: WaitOptions) => Promise<unknown>,
][] = [
  ['result', (future, options) => future.result(options)],
  ['exception', (future, options) => future.exception(options)],
  ['wait', (future, options) => wait([future], options)],
  ['asCompleted', (future, options) => asCompleted([future], options).next()],
];

for (const [name, start] of waits) {
  describe(name, () => {
    test('ends with the reason of the signal, whatever it is, and leaves the future alone', async () => {
      for (const reason of [new Error('enough'), 'text', null, 0]) {
        const controller = new AbortController();
        const future = pending();
        const waiting = start(future, controller);
        controller.abort(reason);
        assert.equal(await rejection(waiting), reason);
        assert.equal(future.state, 'pending');
        future.setResult(1);
        assert.equal(await future, 1);
      }
    });

    test('ends at once if the signal is aborted already', async () => {
      const reason = new Error('before');
      const future = pending();
      assert.equal(await rejection(start(future, { signal: AbortSignal.abort(reason) })), reason);
      assert.equal(future.state, 'pending');
    });

    test('ends with an AbortError if no reason was given', async () => {
      const controller = new AbortController();
      const waiting = start(pending(), controller);
      controller.abort();
      await assert.rejects(waiting, { name: 'AbortError' });
    });

    test('leaves no listener on the signal, however it ends', async () => {
      const { signal } = new AbortController();
      const future = pending();
      const waiting = start(future, { signal });
      assert.equal(getEventListeners(signal, 'abort').length, 1);
      future.setResult(1);
      await waiting;
      assert.equal(getEventListeners(signal, 'abort').length, 0);

      await start(pending(), { signal, timeout: 1 }).catch(() => {});
      assert.equal(getEventListeners(signal, 'abort').length, 0);

      const gone = pending();
      const cancelled = start(gone, { signal });
      gone.cancel();
      await cancelled.catch(() => {});
      assert.equal(getEventListeners(signal, 'abort').length, 0);
    });

    test('a signal that aborts afterwards changes nothing', async () => {
      const controller = new AbortController();
      const future = pending();
      const waiting = start(future, controller);
      future.setResult(1);
      controller.abort(new Error('too late'));
      await waiting;
      assert.equal(await future, 1);
      assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
    });
  });
}

test('a future that is done is read even if the signal is aborted', async () => {
  assert.equal(await finished(1).result({ signal: AbortSignal.abort() }), 1);
});

test('asCompleted hands out what is done before it ends with the reason, then is exhausted', async () => {
  const reason = new Error('enough');
  const controller = new AbortController();
  const [done, left] = [finished(1), pending()];
  const iterator = asCompleted([left, done], controller);
  controller.abort(reason);
  assert.equal((await iterator.next()).value, done);
  assert.equal(await rejection(iterator.next()), reason);
  assert.equal((await iterator.next()).done, true);
});

test('asCompleted tells one of several that wait for the next future, and ends the others', async () => {
  const reason = new Error('enough');
  const controller = new AbortController();
  const iterator = asCompleted([pending()], controller);
  const waiting = [iterator.next(), iterator.next(), iterator.next()];
  controller.abort(reason);
  const ends = await Promise.allSettled(waiting);
  assert.deepEqual(
    ends.map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled'],
  );
});

test('closing the iterator of asCompleted takes its listener off the signal', async () => {
  const { signal } = new AbortController();
  const iterator = asCompleted([pending()], { signal });
  await iterator.return?.();
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});
