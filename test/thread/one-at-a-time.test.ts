/** A worker has one call in hand at a time, whichever way its arguments come. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Future, ThreadPoolExecutor } from 'concurrent-futures';
import { countOverlap } from '../fixtures/overlap-tasks.ts';
import { echo, noop } from '../fixtures/tasks.ts';

/** Travels by message only. */
const byMessage = new Int32Array(new SharedArrayBuffer(4));

for (const maxWorkers of [1, 2]) {
  suite(`with ${maxWorkers} worker(s)`, () => {
    test('calls with arguments in messages, in front of others', async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers });
      for (let i = 0; i < 1000; i++) {
        // The worker is between two calls, and not quite asleep.
        await pool.submit(noop);
        const calls = [pool.submit(countOverlap, 2, byMessage)];
        for (let more = 0; more < maxWorkers; more++) calls.push(pool.submit(countOverlap, 1));
        assert.deepEqual(
          await Promise.all(calls),
          calls.map(() => 1),
        );
      }
    });

    test('a call with its argument in a message, in front of a burst with slow ones in it', async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers });
      for (let i = 0; i < 300; i++) {
        await pool.submit(noop);
        const first = pool.submit(echo, byMessage);
        const calls: Future<number | void>[] = [];
        for (let k = 0; k < 600; k++) {
          calls.push(k % 50 === 49 ? pool.submit(countOverlap, 2) : pool.submit(noop));
        }
        await first;
        for (const overlap of await Promise.all(calls)) assert.equal(overlap ?? 1, 1);
      }
    });

    test('calls with arguments in messages that are cancelled on the way', async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers });
      for (let i = 0; i < 1000; i++) {
        await pool.submit(noop);
        pool.submit(countOverlap, 2, byMessage).cancel();
        const calls = Array.from({ length: 3 * maxWorkers }, () => pool.submit(countOverlap, 1));
        assert.deepEqual(
          await Promise.all(calls),
          calls.map(() => 1),
        );
      }
    });

    test('a mixture under load', async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers });
      const calls = Array.from({ length: 2000 }, (_, i) =>
        pool.submit(countOverlap, i % 3, i % 5 === 0 ? byMessage : i),
      );
      const overlaps = await Promise.all(calls);
      assert.equal(Math.max(...overlaps), 1);
    });
  });
}
