/** Items 24 and 44-51: those who are told when a future is done. The protocol is internal. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addWaiter, Future as InnerFuture, removeWaiter } from '#dist/future/future.js';
import {
  ALL_COMPLETED,
  asCompleted,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  Future,
  type ReturnWhen,
  wait,
} from 'concurrent-futures';
import { echo } from '../fixtures/tasks.js';
import { everyBackend } from '../support/every-backend.js';
import { assertCollected } from '../support/fresh-process.js';
import { cancelled, failed, finished, isSettled, pending } from '../support/futures.js';
import { assertSame } from '../support/same.js';

/** Of either `Future`: the public one, and the one of the internal file. */
type Settled = Pick<Future<number>, 'setResult' | 'setException' | 'cancel'>;

const settlements: readonly ((future: Settled) => void)[] = [
  (future) => future.setResult(1),
  (future) => future.setException(new Error('bad')),
  (future) => void future.cancel(),
];

test('#24 the outcome is stored, then waiters are told, then callbacks run, then promises settle', async () => {
  for (const settle of settlements) {
    const order: string[] = [];
    const future = new InnerFuture<number>();
    const reaction = future.then(
      () => order.push('promise'),
      () => order.push('promise'),
    );
    future.addDoneCallback(({ state }) => order.push(`callback: ${state}`));
    addWaiter(future, { futureDone: ({ state }) => order.push(`waiter: ${state}`) });
    settle(future);
    const { state } = future;
    assert.deepEqual(order, [`waiter: ${state}`, `callback: ${state}`]);
    await reaction;
    assert.equal(order[2], 'promise');
  }
});

test('#44 a waiter is told once, whatever the outcome, and not by a future that is done', () => {
  for (const settle of settlements) {
    const told: unknown[] = [];
    const waiter = { futureDone: (future: unknown) => told.push(future) };
    const [future, left] = [new InnerFuture<number>(), new InnerFuture<number>()];
    for (const each of [future, left]) addWaiter(each, waiter);
    removeWaiter(left, waiter);
    for (const each of [future, left]) settle(each);
    addWaiter(future, waiter);
    assert.equal(told.length, 1);
    assert.equal(told[0], future);
  }
});

test('#45 any of the three outcomes ends a wait for the first completion', async () => {
  for (const settle of settlements) {
    const [future, other] = [pending(), pending()];
    const halves = wait([future, other], { returnWhen: FIRST_COMPLETED });
    assert.equal(await isSettled(halves), false);
    settle(future);
    assertSame((await halves).done, [future]);
  }
});

test('#46 a wait for all counts those not done when it began, and each of them once', async () => {
  const futures = [finished(1), pending(), pending(), failed(), pending()];
  const halves = wait(futures, { returnWhen: ALL_COMPLETED });
  futures[1]?.setResult(1);
  futures[2]?.cancel();
  futures[2]?.cancel();
  assert.equal(await isSettled(halves), false);
  futures[4]?.setException(new Error('last'));
  assert.equal((await halves).done.size, 5);
});

test('#47 an error ends a wait for the first exception, a cancellation only counts', async () => {
  const [gone, bad, other] = [pending(), pending(), pending()];
  const halves = wait([gone, bad, other], { returnWhen: FIRST_EXCEPTION });
  gone.cancel();
  assert.equal(await isSettled(halves), false);
  bad.setException(new Error('bad'));
  const { done, notDone } = await halves;
  assertSame(done, [gone, bad]);
  assertSame(notDone, [other]);
});

test('#48 the finishing order is kept, whether or not somebody waits for the next one', async () => {
  const futures = Array.from({ length: 6 }, () => pending());
  const iterator = asCompleted(futures);
  const early = [iterator.next(), iterator.next()];
  const order = [4, 1, 5, 0, 3, 2];
  for (const index of order) futures[index]?.setResult(index);
  const results = await Promise.all(early);
  for (let left = 4; left > 0; left--) results.push(await iterator.next());
  assert.deepEqual(
    results.map(({ value }) => futures.indexOf(value as Future<number>)),
    order,
  );
});

test('#50 waiters are removed when a wait ends, by a timeout too, and when an iterator is closed', async () => {
  await assertCollected(
    'wait-that-is-over',
    'wait-that-timed-out',
    'result-that-timed-out',
    'closed-iterator',
  );
});

test('#51 an unknown returnWhen is refused, also when there is nothing to wait for', async () => {
  for (const returnWhen of ['x', '_AS_COMPLETED', 'first_completed', '', null, 1]) {
    const options = { returnWhen: returnWhen as ReturnWhen };
    for (const futures of [[], [finished(1), cancelled()], [pending()]]) {
      await assert.rejects(wait(futures, options), {
        name: 'RangeError',
        code: 'ERR_INVALID_ARG_VALUE',
        message: /returnWhen .*'FIRST_COMPLETED', 'FIRST_EXCEPTION', 'ALL_COMPLETED'/,
      });
    }
  }
});

for (const backend of everyBackend) {
  describe(backend.name, () => {
    test('#46 a hundred calls that finish together are all counted', async (t) => {
      const pool = backend.make({ maxWorkers: 2 });
      t.after(() => pool.shutdown());
      const futures = Array.from({ length: 100 }, (_, index) => pool.submit(echo<number>, index));
      const { done, notDone } = await wait(futures);
      assert.deepEqual([done.size, notDone.size], [100, 0]);
    });
  });
}
