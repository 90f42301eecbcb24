/** `map` with `bufferSize`: how far it looks ahead, and what becomes of what it holds (items 99–104). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Executor, type MapResults, ShutdownError } from 'concurrent-futures';
import { add, echo, noop, waitAt } from '../fixtures/tasks.js';
import { everyBackend } from '../support/every-backend.js';
import { makeGate, makePool } from '../support/held.js';
import { collectGarbage } from '../support/garbage.js';
import { ownBackend } from '../support/own-executor.js';

/** Endless input that counts what was taken of it. */
class Source<T> implements Iterable<T> {
  pulled = 0;
  closed = false;
  readonly #make: (n: number) => T;

  constructor(make: (n: number) => T) {
    this.#make = make;
  }

  *[Symbol.iterator](): Generator<T, void> {
    try {
      for (;;) yield this.#make(this.pulled++);
    } finally {
      this.closed = true;
    }
  }
}

for (const backend of [...everyBackend, ownBackend]) {
  const { name } = backend;

  test(`#99 a bufferSize that is no whole number of at least 1 is refused (${name})`, async () => {
    await using pool = backend.make();
    for (const bufferSize of [0, -3, 1.5, Number.NaN, Infinity]) {
      assert.throws(() => pool.with({ bufferSize }), { name: 'RangeError', message: /bufferSize/ });
    }
    for (const bufferSize of ['4', true, null, {}]) {
      assert.throws(() => pool.with({ bufferSize: bufferSize as never }), {
        name: 'TypeError',
        message: /bufferSize/,
      });
    }
    assert.deepEqual(await pool.with({ bufferSize: undefined }).map(echo, [1]).toArray(), [1]);
  });

  test(`#100 map takes bufferSize items, then one for each result (${name})`, async () => {
    await using pool = backend.make({ maxWorkers: 2 });
    const source = new Source((n) => n);
    const results = pool.with({ bufferSize: 3 }).map(echo<number>, source);
    assert.equal(source.pulled, 3);
    for (let i = 0; i < 10; i++) {
      assert.equal((await results.next()).value, i);
      assert.equal(source.pulled, i + 4);
    }
    await results.return();
    assert.ok(source.closed);
  });

  test(`#100 it works with several, empty and no iterables, and short ones (${name})`, async () => {
    await using pool = backend.make();
    const bound = pool.with({ bufferSize: 2 });
    const endless = new Source((n) => n);
    assert.deepEqual(await bound.map(add, endless, [10, 20, 30]).toArray(), [10, 21, 32]);
    assert.ok(endless.closed);
    assert.deepEqual(await bound.map(echo, []).toArray(), []);
    assert.deepEqual(await bound.map(noop).toArray(), []);
    assert.deepEqual(await pool.with({ bufferSize: 100 }).map(echo, [1, 2]).toArray(), [1, 2]);
  });

  test(`#101 never more than bufferSize calls are outstanding (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 4 });
    const gates = Array.from({ length: 6 }, () => makeGate(t));
    const spare = makeGate(t);
    const source = new Source((n) => (gates[n] ?? spare).address);
    const results = pool.with({ bufferSize: 2 }).map(waitAt<number>, source, [0, 1, 2, 3, 4, 5]);
    for (const [index, gate] of gates.entries()) {
      const next = results.next();
      await gate.whenArrived(1);
      // Somebody waits for this one, and it still counts.
      assert.equal(source.pulled, Math.min(index + 2, 7));
      gate.open();
      assert.equal((await next).value, index);
    }
    await results.return();
  });

  test(`#102 with chunks, bufferSize counts chunks (${name})`, async () => {
    await using pool = backend.make();
    const source = new Source((n) => n);
    const results = pool.with({ bufferSize: 2, chunkSize: 3 }).map(echo<number>, source);
    assert.equal(source.pulled, 6);
    assert.equal((await results.next()).value, 0);
    assert.equal(source.pulled, 9, 'the first chunk has made room for another one');
    assert.equal((await results.next()).value, 1);
    assert.equal((await results.next()).value, 2);
    assert.equal(source.pulled, 9);
    await results.return();
  });

  test(`#103 an iterator keeps its executor: none of its results is lost (${name})`, async (t) => {
    let executor: WeakRef<Executor> | undefined;
    t.after(() => executor?.deref()?.shutdown());
    const startAndForget = (): MapResults<number> => {
      const pool = backend.make({ maxWorkers: 2 });
      executor = new WeakRef(pool);
      return pool.with({ bufferSize: 2 }).map(echo<number>, [1, 2, 3, 4, 5, 6]);
    };
    const results = startAndForget();
    const seen: number[] = [];
    for await (const value of results) {
      seen.push(value);
      await new Promise(setImmediate);
      collectGarbage();
      await new Promise(setImmediate);
    }
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6]);
  });
}

for (const backend of everyBackend) {
  test(`#104 after shutdown the buffered results come first, then the error (${backend.name})`, async () => {
    const pool = backend.make();
    const source = new Source((n) => n);
    const results = pool.with({ bufferSize: 2 }).map(echo<number>, source);
    await pool.shutdown();
    assert.equal((await results.next()).value, 0);
    assert.equal((await results.next()).value, 1);
    await assert.rejects(results.next(), ShutdownError);
    assert.equal((await results.next()).done, true);
    assert.ok(source.closed);
  });
}
