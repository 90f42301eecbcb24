/** Very many calls through a real pool: each settles once, with its own value. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Future, ThreadPoolExecutor } from 'concurrent-futures';
import { SharedGate, waitAtShared } from '../fixtures/shared-gate.ts';
import { add, echo, noop } from '../fixtures/tasks.ts';

/** A call of one of several kinds, and what it has to return. */
function mixedCall(pool: ThreadPoolExecutor, i: number): [Future<unknown>, unknown] {
  switch (i % 8) {
    case 0:
      return [pool.submit(noop), undefined];
    case 1:
      return [pool.submit(add, i, 1), i + 1];
    case 2:
      return [pool.submit(echo, `call ${i}`), `call ${i}`];
    case 3:
      return [pool.submit(echo, { i, list: [i] }), { i, list: [i] }];
    case 4:
      return [pool.submit(echo, i / 7), i / 7];
    case 5:
      return [pool.submit(echo, 'x'.repeat(i % 700)), 'x'.repeat(i % 700)];
    case 6:
      return i % 64 === 6
        ? [pool.submit(echo, new RegExp(`${i}`)), new RegExp(`${i}`)]
        : [pool.submit(echo, BigInt(i)), BigInt(i)];
    default:
      return [pool.submit(echo, new Uint8Array([i & 255])), new Uint8Array([i & 255])];
  }
}

test('200 000 mixed calls with random cancels settle once each, with their own value', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
  const count = 200_000;
  const settled = new Uint8Array(count);
  const futures: Future<unknown>[] = [];
  const expected: unknown[] = [];
  let seed = 1;
  for (let i = 0; i < count; i++) {
    const [future, value] = mixedCall(pool, i);
    // A callback on each would be most of the work.
    if (i % 16 < 2) future.addDoneCallback(() => settled[i]!++);
    futures.push(future);
    expected.push(value);
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
    if ((seed >>> 8) % 10 === 0) futures[i - ((seed >>> 12) % Math.min(i + 1, 3000))]!.cancel();
    if (i % 5000 === 0) await turn();
  }
  let cancelled = 0;
  for (const [i, future] of futures.entries()) {
    if (future.cancelled()) {
      cancelled++;
      continue;
    }
    const value = await future;
    if (typeof value === 'object') assert.deepEqual(value, expected[i]);
    else assert.equal(value, expected[i]);
  }
  assert.ok(settled.every((times, i) => times === (i % 16 < 2 ? 1 : 0)));
  assert.ok(cancelled > 0 && cancelled < count / 2);
  const { completed, failed, pending, running, cancelled: counted } = pool.stats();
  assert.deepEqual(
    { completed, failed, pending, running, counted },
    { completed: count - cancelled, failed: 0, pending: 0, running: 0, counted: cancelled },
  );
});

test('a million calls wait behind a busy worker, in bounded memory, and can all be cancelled', async (t) => {
  const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  const gate = new SharedGate();
  t.after(async () => {
    gate.open();
    await pool.shutdown();
  });
  const blocker = pool.submit(waitAtShared, gate.words, 'done');
  await gate.whenArrived(1);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const count = 1_000_000;
  const futures: Future<number>[] = [];
  for (let i = 0; i < count; i++) futures.push(pool.submit(add, i, 1));
  globalThis.gc?.();
  const perCall = (process.memoryUsage().heapUsed - before) / count;
  assert.ok(perCall < 1000, `${perCall} bytes of heap per pending call`);
  assert.equal(pool.stats().pending, count);
  const closed = pool.shutdown({ cancelFutures: true });
  assert.ok(futures.every((future) => future.cancelled()));
  assert.equal(blocker.running(), true);
  gate.open();
  await closed;
  assert.equal(await blocker, 'done');
  assert.equal(pool.stats().cancelled, count);
});

test('calls far beyond what shared memory holds complete in order of submission', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  const order: number[] = [];
  const futures = Array.from({ length: 150_000 }, (_, i) => {
    const future = pool.submit(add, i, 0);
    if (i % 50 === 0) future.addDoneCallback(() => order.push(i));
    return future;
  });
  assert.equal(await futures.at(-1), 149_999);
  assert.ok(futures.every((future) => future.done()));
  assert.deepEqual(
    order,
    Array.from({ length: 3000 }, (_, i) => 50 * i),
  );
});
