/** `map` with `chunkSize`: several items as one call (items 95–98 and 105). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Executor } from 'concurrent-futures';
import { evenOnly } from '../fixtures/executor-tasks.js';
import { echo, noop, waitAt } from '../fixtures/tasks.js';
import { everyBackend } from '../support/every-backend.js';
import { makeGate, makePool } from '../support/held.js';
import { OwnExecutor, ownBackend } from '../support/own-executor.js';
import { whenCancelled } from '../support/remote.js';

/** How many calls the executor was given. */
function calls(pool: Executor): number {
  if (pool instanceof OwnExecutor) return pool.submitted;
  const { completed, failed, cancelled, pending, running } = pool.stats();
  return completed + failed + cancelled + pending + running;
}

for (const backend of [...everyBackend, ownBackend]) {
  const { name } = backend;

  test(`#95 a chunkSize below 1 is refused before anything runs (${name})`, async () => {
    await using pool = backend.make();
    for (const chunkSize of [0, -1, 1.5, Number.NaN]) {
      assert.throws(() => pool.with({ chunkSize }), { name: 'RangeError', message: /chunkSize/ });
    }
    assert.throws(() => pool.with({ chunkSize: '2' as never }), TypeError);
    assert.equal(calls(pool), 0);
  });

  test(`#96 chunkSize items are one call; the last one may be shorter (${name})`, async () => {
    await using pool = backend.make();
    const items = Array.from({ length: 10 }, (_, i) => i);
    assert.deepEqual(
      await pool
        .with({ chunkSize: 4 })
        .map(echo<number>, items)
        .toArray(),
      items,
    );
    assert.equal(calls(pool), 3);
    assert.deepEqual(
      await pool
        .with({ chunkSize: 99 })
        .map(echo<number>, items)
        .toArray(),
      items,
    );
    assert.equal(calls(pool), 4);
    assert.deepEqual(await pool.with({ chunkSize: 5 }).map(echo, []).toArray(), []);
    assert.equal(calls(pool), 4);
  });

  test(`#97 an error in a chunk costs the other items nothing (${name})`, async () => {
    await using pool = backend.make();
    const results = pool.with({ chunkSize: 4 }).map(evenOnly, [0, 2, 3, 4]);
    assert.equal((await results.next()).value, 0);
    assert.equal((await results.next()).value, 2);
    await assert.rejects(results.next(), { message: '3 is odd' });
    assert.equal((await results.next()).value, 4);
  });

  test(`#98 errors come at their places, chunk after chunk (${name})`, async () => {
    await using pool = backend.make();
    const results = pool.with({ chunkSize: 2 }).map(evenOnly, [1, 3, 4, 5, 6]);
    const seen: unknown[] = [];
    for (let i = 0; i < 5; i++) {
      seen.push(
        await results.next().then(
          ({ value }) => value,
          (error: unknown) => (error as Error).message,
        ),
      );
    }
    assert.deepEqual(seen, ['1 is odd', '3 is odd', 4, '5 is odd', 6]);
    assert.equal((await results.next()).done, true);
  });

  test(`#105 return() cancels chunks that have not begun (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const [gate, rest] = [makeGate(t), makeGate(t)];
    rest.open();
    const addresses = [gate.address, gate.address, rest.address, rest.address];
    const results = pool.with({ chunkSize: 2 }).map(waitAt<number>, addresses, [1, 2, 3, 4]);
    await gate.whenArrived(1);
    await results.return();
    await whenCancelled(backend, pool, 1);
    gate.open();
    await pool.submit(noop);
    assert.equal(rest.arrived, 0);
    assert.equal((await results.next()).done, true);
  });

  test(`#105 return() in the middle of a chunk drops the rest of it (${name})`, async () => {
    await using pool = backend.make();
    const results = pool.with({ chunkSize: 3 }).map(echo<number>, [1, 2, 3, 4]);
    assert.equal((await results.next()).value, 1);
    await results.return();
    assert.equal((await results.next()).done, true);
  });
}
