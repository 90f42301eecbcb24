/** Items 52-62: `wait`. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ALL_COMPLETED,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  type Future,
  type ReturnWhen,
  wait,
} from 'concurrent-futures';
import { add, echo, fail, noop, waitAt } from '../fixtures/tasks.js';
import { everyBackend } from '../support/every-backend.js';
import { busyPool } from '../support/busy-pool.js';
import { cancelled, failed, finished, isSettled, pending, running } from '../support/futures.js';
import { assertSame } from '../support/same.js';

const everyMode: readonly ReturnWhen[] = [ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION];

async function assertHalves(
  waiting: ReturnType<typeof wait>,
  done: readonly Future<unknown>[],
  notDone: readonly Future<unknown>[],
): Promise<void> {
  const halves = await waiting;
  assertSame(halves.done, done);
  assertSame(halves.notDone, notDone);
}

test('#52 the outcome is two sets, by name and as a pair, and each future is in one of them', async () => {
  const futures = [finished(1), pending(), cancelled(), running(), failed()];
  const halves = await wait(futures, { timeout: 0 });
  const [done, notDone] = halves;
  assert.equal(done, halves.done);
  assert.equal(notDone, halves.notDone);
  assert.ok(done instanceof Set && notDone instanceof Set);
  for (const future of futures) assert.notEqual(done.has(future), notDone.has(future));
  assert.equal(done.size + notDone.size, futures.length);
});

test('#53 any iterable does, it is read once, and duplicates count once', async () => {
  let reads = 0;
  const [future, other] = [finished(1), pending()];
  function* futures(): Generator<Future<number>> {
    reads++;
    yield* [future, other, future, other];
  }
  const waiting = wait(futures());
  other.setResult(2);
  await assertHalves(waiting, [future, other], []);
  assert.equal(reads, 1);
  await assertHalves(wait(new Set([future])), [future], []);
  await assertHalves(wait(new Map([['key', future]]).values()), [future], []);
});

test('#54 no futures give two empty sets at once, in every mode', async () => {
  for (const returnWhen of everyMode) {
    for (const options of [{ returnWhen }, { returnWhen, timeout: 0 }]) {
      await assertHalves(wait([], options), [], []);
    }
  }
});

test('#55 ALL_COMPLETED, the default, waits for the last one', async () => {
  for (const returnWhen of [undefined, ALL_COMPLETED] as const) {
    const [one, two, three] = [pending(), pending(), pending()];
    const waiting = wait([one, two, three, finished(0)], { returnWhen });
    one.setResult(1);
    two.setException(new Error('two'));
    assert.equal(await isSettled(waiting), false);
    three.cancel();
    assert.equal((await waiting).done.size, 4);
  }
});

test('#56 FIRST_COMPLETED returns at once if any is done, with all that are', async () => {
  const futures = [pending(), finished(1), running(), cancelled(), failed()] as const;
  const [first, value, second, gone, bad] = futures;
  const waiting = wait(futures, { returnWhen: FIRST_COMPLETED });
  await assertHalves(waiting, [value, gone, bad], [first, second]);
});

test('#57 FIRST_COMPLETED waits for the first, and has all that are done when it returns', async () => {
  const [one, two, three] = [pending(), pending(), pending()];
  const alone = wait([one, two, three], { returnWhen: FIRST_COMPLETED });
  assert.equal(await isSettled(alone), false);
  two.setResult(2);
  await assertHalves(alone, [two], [one, three]);
  const together = wait([one, three], { returnWhen: FIRST_COMPLETED });
  three.setResult(3);
  one.setResult(1);
  await assertHalves(together, [one, three], []);
});

test('#58 FIRST_EXCEPTION returns at the first error', async () => {
  const [good, bad, left] = [pending(), pending(), pending()];
  const waiting = wait([good, bad, left], { returnWhen: FIRST_EXCEPTION });
  good.setResult(1);
  assert.equal(await isSettled(waiting), false);
  bad.setException(new Error('bad'));
  await assertHalves(waiting, [good, bad], [left]);
});

test('#58 FIRST_EXCEPTION returns at once if one has failed already', async () => {
  const [left, bad] = [pending(), failed()];
  await assertHalves(wait([left, bad], { returnWhen: FIRST_EXCEPTION }), [bad], [left]);
});

test('#59 FIRST_EXCEPTION waits for all if none fails; a cancellation is no error', async () => {
  const [gone, later, last] = [cancelled(), pending(), pending()];
  const waiting = wait([gone, later, last], { returnWhen: FIRST_EXCEPTION });
  later.cancel();
  assert.equal(await isSettled(waiting), false);
  last.setResult(1);
  await assertHalves(waiting, [gone, later, last], []);
});

test('#60 a timeout returns the halves as they are at that moment', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const returnWhen of [ALL_COMPLETED, FIRST_EXCEPTION] as const) {
    const [one, two] = [pending(), pending()];
    const waiting = wait([one, two], { returnWhen, timeout: 1000 });
    one.setResult(1);
    t.mock.timers.tick(1);
    assert.equal(await isSettled(waiting), false);
    t.mock.timers.tick(999);
    await assertHalves(waiting, [one], [two]);
  }
});

test('#60 a timeout of 0 polls, one that is negative or NaN is refused', async () => {
  const [one, two] = [pending(), finished(2)];
  await assertHalves(wait([one, two], { timeout: 0 }), [two], [one]);
  for (const timeout of [-1, NaN]) await assert.rejects(wait([one], { timeout }), RangeError);
});

test('#61 a cancelled future is done, though nobody was there to notify anybody', async () => {
  const gone = cancelled();
  for (const returnWhen of everyMode) await assertHalves(wait([gone], { returnWhen }), [gone], []);
});

test('#62 outcomes are neither consumed nor thrown', async () => {
  const error = new Error('kept');
  const [bad, gone] = [failed(error), cancelled()];
  await wait([bad, gone]);
  assert.equal(await bad.exception(), error);
  await assert.rejects(gone.result(), { name: 'CancelledError' });
});

test('#62 futures of different executors can be waited for together', async (t) => {
  const pools = everyBackend.map((backend) => backend.make({ maxWorkers: 1 }));
  t.after(() => Promise.all(pools.map((pool) => pool.shutdown())));
  const byHand = pending();
  const futures: Future<number>[] = [...pools.map((pool) => pool.submit(add, 1, 2)), byHand];
  const waiting = wait(futures);
  byHand.setResult(3);
  const { done } = await waiting;
  assert.deepEqual(new Set(await Promise.all(done)), new Set([3]));
  assert.equal(done.size, futures.length);
});

for (const backend of everyBackend) {
  describe(backend.name, () => {
    test('#55 ALL_COMPLETED waits for values, errors and cancellations', async (t) => {
      const { pool, gate, held } = await busyPool(t, backend);
      const futures = [held, pool.submit(fail, 'bad'), pool.submit(noop), pool.submit(echo, 1)];
      const waiting = wait(futures);
      futures[2]?.cancel();
      assert.equal(await isSettled(waiting), false);
      gate.open();
      await assertHalves(waiting, futures, []);
    });

    test('#57 FIRST_COMPLETED returns while the others still wait', async (t) => {
      const { pool, gate, held } = await busyPool(t, backend);
      const second = pool.submit(waitAt<string>, gate.address, 'second');
      const quick = pool.submit(noop);
      const waiting = wait([held, second, quick], { returnWhen: FIRST_COMPLETED });
      quick.cancel();
      await assertHalves(waiting, [quick], [held, second]);
    });

    test('#60 a timeout leaves what is not done alone', async (t) => {
      const { pool, gate, held } = await busyPool(t, backend);
      const queued = pool.submit(echo<number>, 1);
      await assertHalves(wait([held, queued], { timeout: 1 }), [], [held, queued]);
      gate.open();
      assert.deepEqual(await Promise.all([held, queued]), ['through', 1]);
    });

    test('#61 calls cancelled by the user or by a shutdown are done at once', async (t) => {
      const { pool, held } = await busyPool(t, backend);
      const [one, two] = [pool.submit(noop), pool.submit(noop)];
      one.cancel();
      await assertHalves(wait([one]), [one], []);
      const closed = pool.shutdown({ cancelFutures: true, wait: false });
      await assertHalves(wait([one, two]), [one, two], []);
      assert.equal(held.running(), true);
      await closed;
    });
  });
}
