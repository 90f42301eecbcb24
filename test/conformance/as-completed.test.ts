/** Items 63-72: `asCompleted`. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asCompleted, Future, TimeoutError } from 'concurrent-futures';
import { echo, fail, noop } from '../fixtures/tasks.js';
import { everyBackend } from '../support/every-backend.js';
import { busyPool } from '../support/busy-pool.js';
import { assertCollected } from '../support/fresh-process.js';
import { cancelled, failed, finished, isSettled, pending } from '../support/futures.js';
import { assertSame, assertSameMembers } from '../support/same.js';

async function collect<F>(iterable: AsyncIterable<F>): Promise<F[]> {
  const items: F[] = [];
  for await (const item of iterable) items.push(item);
  return items;
}

/** Settles everything that is still pending, in this order. */
function settle(...futures: Future<number>[]): void {
  for (const future of futures) future.setResult(0);
}

test('#63 each future comes once, whatever its outcome, out of any iterable', async () => {
  const [good, bad, gone, later] = [finished(1), failed(), cancelled(), pending()];
  function* futures(): Generator<Future<number>> {
    yield* [good, later, bad, gone, good, later, good];
  }
  const iterator = asCompleted(futures());
  later.cancel();
  const items = await collect(iterator);
  assertSameMembers(items, [good, bad, gone, later]);
  assertSame(await collect(asCompleted([])), []);
});

test('#64 those done already come first, then the others in the order in which they finish', async () => {
  const [a, b, c, d] = [pending(), pending(), pending(), finished(0)];
  const iterator = asCompleted([a, b, c, d]);
  settle(c, a);
  const first = [await iterator.next(), await iterator.next(), await iterator.next()];
  settle(b);
  const last = [await iterator.next(), await iterator.next()];
  const order = [...first, ...last].map(({ value }) => value as unknown);
  assertSame(order, [d, c, a, b, undefined]);
});

test('#65 the waiters are there from the call on', async () => {
  const [a, b, c] = [pending(), pending(), pending()];
  const iterator = asCompleted([a, b, c]);
  settle(c, b, a);
  assertSame(await collect(iterator), [c, b, a]);
});

test('#65 the clock starts at the call and not at the first next()', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const iterator = asCompleted([pending()], { timeout: 1000 });
  t.mock.timers.tick(1000);
  await assert.rejects(iterator.next(), TimeoutError);
});

test('#66 a timeout throws TimeoutError that counts distinct futures', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const [a, b, c] = [pending(), pending(), pending()];
  const iterator = asCompleted([a, b, c, finished(1), a, b], { timeout: 1000 });
  settle(c);
  await iterator.next();
  await iterator.next();
  const next = iterator.next();
  t.mock.timers.tick(1);
  assert.equal(await isSettled(next), false);
  t.mock.timers.tick(999);
  await assert.rejects(next, { name: 'TimeoutError', message: '2 (of 4) futures unfinished' });
  assert.equal((await iterator.next()).done, true);
});

test('#66 a timeout does not touch the futures, and is called off once all are done', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const [a, b] = [pending(), pending()];
  const late = asCompleted([a], { timeout: 1000 });
  const inTime = asCompleted([b], { timeout: 2000 });
  t.mock.timers.tick(1000);
  await assert.rejects(late.next(), TimeoutError);
  assert.equal(a.state, 'pending');
  settle(b);
  t.mock.timers.tick(1000);
  assertSame(await collect(inTime), [b]);
});

test('#67 a timeout of 0 gives everything that is done, then throws if something is not', async () => {
  const [one, two] = [finished(1), cancelled()];
  assertSame(await collect(asCompleted([one, two], { timeout: 0 })), [one, two]);
  const iterator = asCompleted([one, pending(), two], { timeout: 0 });
  assert.equal((await iterator.next()).value, one);
  assert.equal((await iterator.next()).value, two);
  await assert.rejects(iterator.next(), { message: '1 (of 3) futures unfinished' });
});

test('#68 a slow consumer gets everything that was done in time', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const [a, b, c, late] = [pending(), pending(), pending(), pending()];
  const all = asCompleted([a, b, c], { timeout: 1000 });
  const most = asCompleted([a, b, c, late], { timeout: 1000 });
  settle(a, b, c);
  assert.equal((await all.next()).value, a);
  t.mock.timers.tick(5000);
  assertSame(await collect(all), [b, c]);
  for (const future of [a, b, c]) assert.equal((await most.next()).value, future);
  await assert.rejects(most.next(), { message: '1 (of 4) futures unfinished' });
});

test('#69 a cancelled future comes out, though nobody was there to notify anybody', async () => {
  const [before, after] = [cancelled(), pending()];
  const iterator = asCompleted([before, after]);
  after.cancel();
  assertSame(await collect(iterator), [before, after]);
});

test('#70 the iterator keeps no future that it has handed out', async () => {
  await assertCollected('yielded-future', 'yielded-future-done-before');
});

test('#71 leaving the loop ends the iterator, and detaches it from the futures left', async () => {
  const [a, b, left] = [pending(), pending(), pending()];
  const iterator = asCompleted([a, b, left]);
  settle(a, b);
  for await (const future of iterator) {
    assert.equal(future, a);
    break;
  }
  settle(left);
  assert.deepEqual(await iterator.next(), { value: undefined, done: true });
  await assertCollected('closed-iterator');
});

test('#71 closing the iterator answers those who wait for the next future', async () => {
  const iterator = asCompleted([pending()], { timeout: 1_000_000 });
  const waiting = [iterator.next(), iterator.next()];
  await iterator.return?.();
  for (const each of waiting) assert.equal((await each).done, true);
});

test('#72 futures added to the input after the call are not seen', async () => {
  const input = [finished(1)];
  const iterator = asCompleted(input);
  input.push(finished(2));
  assert.equal((await collect(iterator)).length, 1);
});

test('#72 a failed future comes out like any other; its error shows when it is asked for', async () => {
  const error = new Error('asked for');
  const [bad, good] = [failed(error), finished(1)];
  const items = await collect(asCompleted([bad, good]));
  assertSame(items, [bad, good]);
  await assert.rejects(items[0]!.result(), error);
  assert.equal(await items[1], 1);
});

for (const backend of everyBackend) {
  describe(backend.name, () => {
    test('#63 finished and live calls come out once, as futures', async (t) => {
      const { pool, gate, held } = await busyPool(t, backend);
      const futures: Future<unknown>[] = [finished(1), cancelled(), failed(), held];
      futures.push(pool.submit(echo, 1), pool.submit(fail, 'bad'));
      const iterator = asCompleted([...futures, ...futures]);
      gate.open();
      const items = await collect(iterator);
      assertSameMembers(items, futures);
      for (const item of items) assert.ok(item instanceof Future);
    });

    test('#64 calls of one worker come out in the order in which they ran', async (t) => {
      const { pool, gate, held } = await busyPool(t, backend);
      const [one, two, three] = [pool.submit(noop), pool.submit(noop), pool.submit(noop)];
      const iterator = asCompleted<Future<unknown>>([three, one, held, two]);
      two.cancel();
      gate.open();
      assertSame(await collect(iterator), [two, held, one, three]);
    });

    test('#66 a timeout names how many calls are unfinished', async (t) => {
      const { pool, held } = await busyPool(t, backend);
      const queued = pool.submit(noop);
      const iterator = asCompleted<Future<unknown>>([held, queued, held, finished(1)], {
        timeout: 1,
      });
      await iterator.next();
      await assert.rejects(iterator.next(), { message: '2 (of 3) futures unfinished' });
      assert.deepEqual([held.state, queued.state], ['running', 'pending']);
    });

    test('#69 calls cancelled by the user or by a shutdown come out at once', async (t) => {
      const { pool, held } = await busyPool(t, backend);
      const [one, two, three] = [pool.submit(noop), pool.submit(noop), pool.submit(noop)];
      const iterator = asCompleted([one, two, three]);
      two.cancel();
      const closed = pool.shutdown({ cancelFutures: true, wait: false });
      assertSameMembers(await collect(iterator), [one, two, three]);
      assert.equal(held.running(), true);
      await closed;
    });
  });
}

test('an async generator would hand out outcomes, which is why asCompleted is none', async () => {
  const iterator = asCompleted([failed()]);
  assert.equal(Symbol.asyncIterator in iterator, true);
  assert.equal(iterator[Symbol.asyncIterator](), iterator);
  const { value } = await iterator.next();
  assert.ok(value instanceof Future);

  // oxlint-disable-next-line unicorn/consistent-function-scoping -- what not to do belongs here
  async function* generated(): AsyncGenerator {
    yield finished(1);
  }
  assert.equal((await generated().next()).value, 1);
});
