/** Arguments whose getters submit calls of their own while they are being written down. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Future, ThreadPoolExecutor } from 'concurrent-futures';
import { echo } from '../fixtures/tasks.js';
import { closeAfter } from '../support/held.js';

test('a getter among the arguments may submit: every call has its own arguments', async (t) => {
  const pool = closeAfter(t, new ThreadPoolExecutor({ maxWorkers: 2 }));
  const inner: Future<unknown>[] = [];
  const outer = Array.from({ length: 200 }, (_, i) =>
    pool.submit(echo<unknown>, {
      before: i,
      get nested() {
        inner.push(pool.submit(echo<unknown>, { inner: i, text: 'x'.repeat(i * 3) }));
        return `nested ${i}`;
      },
      after: [i, i + 1],
    }),
  );
  const outcomes = await Promise.all(outer);
  for (const [i, outcome] of outcomes.entries()) {
    assert.deepEqual(outcome, { before: i, nested: `nested ${i}`, after: [i, i + 1] });
  }
  // The writer and, where it gives up, structured clone each read the getter once.
  const seen = new Set((await Promise.all(inner)).map((each) => (each as { inner: number }).inner));
  assert.equal(seen.size, 200);
});

test('a getter that submits and then throws fails its own call only', async (t) => {
  const pool = closeAfter(t, new ThreadPoolExecutor({ maxWorkers: 1 }));
  let inner: Future<unknown> | undefined;
  const outer = pool.submit(echo<unknown>, {
    get broken() {
      inner = pool.submit(echo<unknown>, 'inner');
      throw new RangeError('no');
    },
  });
  await assert.rejects(outer.result(), { name: 'PicklingError' });
  assert.equal(await inner, 'inner');
  assert.equal(await pool.submit(echo<unknown>, 1), 1);
});
