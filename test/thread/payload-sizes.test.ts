/** Payloads of every size there and back: in the slot, in a byte ring, as a message, and right at the boundaries. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Future, ThreadPoolExecutor } from 'concurrent-futures';
import { SharedGate, waitAtShared } from '../fixtures/shared-gate.ts';
import { echo } from '../fixtures/tasks.ts';
import { lengthOf, makeBytes, makeText } from '../fixtures/payload-tasks.ts';

const KIB = 1 << 10;
const MIB = 1 << 20;

/** All sizes around the 232 bytes of a slot, and around powers of two up to the 8 MiB of a ring. */
const small = Array.from({ length: 60 }, (_, i) => 190 + i);
const powers = Array.from({ length: 14 }, (_, i) => KIB << i).flatMap((n) => [
  n - 9,
  n - 1,
  n,
  n + 1,
]);
const ringEdge = Array.from({ length: 40 }, (_, i) => 8 * MIB - 30 + i);

test('texts of every size around a boundary come back', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  for (const size of [0, 1, ...small, ...powers, 20 * MIB]) {
    const text = 'ab'.repeat(size >> 1) + 'c'.repeat(size & 1);
    assert.ok((await pool.submit(echo, text)) === text, `${size} bytes`);
  }
});

test('bytes of every size around a boundary come back', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  for (const size of [0, 1, ...small, ...powers]) {
    const bytes = new Uint8Array(size).fill(size & 255);
    const back = await pool.submit(echo, bytes);
    assert.equal(back.length, size);
    assert.equal(Buffer.compare(back, bytes), 0, `${size} bytes`);
  }
});

test('payloads around the size of a ring, and far larger ones', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  for (const size of [...ringEdge.filter((_, i) => i % 3 === 0), 16 * MIB, 40 * MIB]) {
    const bytes = new Uint8Array(size);
    bytes[0] = 1;
    bytes[size - 1] = 2;
    assert.equal(await pool.submit(lengthOf, bytes), size);
    const back = await pool.submit(makeBytes, size);
    assert.equal(back.length, size);
    assert.equal(back[0], 7);
    assert.equal(back[size - 1], 7);
  }
});

test('texts that are not Latin take more room than they have characters', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  for (const character of ['é', '€', '\u{1F600}', '\ud83d']) {
    for (const count of [20, 70, 100, 200, 5000, 3 * MIB]) {
      const text = character.repeat(count);
      assert.ok((await pool.submit(echo, text)) === text, `${count} of ${character}`);
    }
  }
});

test('more arguments than the ring holds wait for room, and arrive in order', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  const gate = new SharedGate();
  const blocker = pool.submit(waitAtShared, gate.words, 0);
  await gate.whenArrived(1);
  const sizes = Array.from({ length: 60 }, (_, i) => ((i * 397) % 900) * KIB + i);
  const order: number[] = [];
  const futures = sizes.map((size, i) => {
    const future = pool.submit(lengthOf, 'x'.repeat(size));
    future.addDoneCallback(() => order.push(i));
    return future;
  });
  gate.open();
  await blocker;
  assert.deepEqual(await Promise.all(futures), sizes);
  assert.deepEqual(
    order,
    sizes.map((_, i) => i),
  );
});

test('room of arguments that were cancelled is used again', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  const gate = new SharedGate();
  const blocker = pool.submit(waitAtShared, gate.words, 0);
  await gate.whenArrived(1);
  const text = 'x'.repeat(MIB);
  for (let i = 0; i < 50; i++) {
    const futures = Array.from({ length: 12 }, () => pool.submit(lengthOf, text));
    for (const future of futures) assert.equal(future.cancel(), true);
  }
  const kept = pool.submit(lengthOf, text);
  gate.open();
  await blocker;
  assert.equal(await kept, MIB);
});

test('more results than the ring holds, while the parent takes none of them', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
  const sizes = Array.from({ length: 40 }, (_, i) => MIB + i);
  const futures: Future<string>[] = sizes.map((size) => pool.submit(makeText, size));
  // Blocks this thread until the last one is there.
  assert.equal(futures.at(-1)!.resultSync().length, sizes.at(-1));
  const texts = await Promise.all(futures);
  assert.deepEqual(
    texts.map((text) => text.length),
    sizes,
  );
});
