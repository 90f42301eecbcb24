/** `map`: order, zipping, eagerness, errors, leaving early (items 79–87 and 91–94). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MapResults } from 'concurrent-futures';
import { evenOnly, makeObject, record, returnDone } from '../fixtures/executor-tasks.js';
import { add, echo, noop, waitAt } from '../fixtures/tasks.js';
import { everyBackend } from '../support/every-backend.js';
import { makeGate, makePool } from '../support/held.js';
import { collectGarbage, isCollected } from '../support/garbage.js';
import { listed, makeList } from '../support/lists.js';
import { ownBackend } from '../support/own-executor.js';
import { whenCancelled } from '../support/remote.js';

for (const backend of [...everyBackend, ownBackend]) {
  const { name } = backend;

  test(`#79 results come in input order, whatever the order of completion (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 3 });
    const gates = [makeGate(t), makeGate(t), makeGate(t)];
    const results = pool.map(
      waitAt<number>,
      gates.map(({ address }) => address),
      [1, 2, 3],
    );
    for (const gate of gates) await gate.whenArrived(1);
    for (const gate of gates.toReversed()) gate.open();
    const seen: number[] = [];
    for await (const value of results) seen.push(value);
    assert.deepEqual(seen, [1, 2, 3]);
  });

  test(`#79 map of many items equals Array.map (${name})`, async () => {
    await using pool = backend.make({ maxWorkers: 2 });
    const items = Array.from({ length: 2500 }, (_, i) => i);
    assert.deepEqual(
      await pool.map(add, items, items).toArray(),
      items.map((i) => i + i),
    );
  });

  test(`#80 several iterables run side by side until the shortest ends (${name})`, async () => {
    await using pool = backend.make();
    assert.deepEqual(await pool.map(add, [1, 2, 3], new Set([10, 20])).toArray(), [11, 22]);
    assert.deepEqual(await pool.map(add, [1, 2, 3], []).toArray(), []);
    assert.deepEqual(await pool.map(noop).toArray(), []);
  });

  test(`#80 what can't be iterated is a TypeError at the call, and names it (${name})`, async () => {
    await using pool = backend.make();
    assert.throws(() => pool.map(add, [1], 5 as never), {
      name: 'TypeError',
      message: /iterables\[1\].*5/,
    });
  });

  test(`#81 all input is consumed before map returns (${name})`, async () => {
    await using pool = backend.make({ maxWorkers: 1 });
    let pulled = 0;
    const input = function* (): Generator<number> {
      for (; pulled < 500; pulled++) yield pulled;
    };
    const results = pool.map(echo<number>, input());
    assert.equal(pulled, 500);
    await results.return();
  });

  test(`#82 the calls run although nobody takes the results (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 2 });
    const gate = makeGate(t);
    gate.open();
    const addresses = Array.from({ length: 20 }, () => gate.address);
    pool.map(waitAt<number>, addresses, addresses.keys());
    await gate.whenArrived(20);
  });

  test(`#83 an error is thrown by the next() that reaches it (${name})`, async () => {
    await using pool = backend.make();
    const results = pool.map(evenOnly, [0, 1, 2]);
    assert.deepEqual(await results.next(), { value: 0, done: false });
    await assert.rejects(results.next(), { name: 'RangeError', message: '1 is odd' });
  });

  test(`#84 an error cancels nothing: what comes behind it still runs (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const list = makeList(t);
    const gate = makeGate(t);
    const before = pool.submit(waitAt, gate.address, 0);
    const failing = pool.map(evenOnly, [1]);
    const rest = pool.map(record, [list, list], [1, 2]);
    gate.open();
    await before;
    await assert.rejects(failing.next(), RangeError);
    assert.deepEqual(await rest.toArray(), [1, 2]);
    assert.deepEqual(listed(list), [1, 2]);
  });

  test(`#84 toArray throws the first error; a loop ends with it (${name})`, async () => {
    await using pool = backend.make();
    await assert.rejects(pool.map(evenOnly, [0, 1, 2, 3]).toArray(), { message: '1 is odd' });
    const seen: number[] = [];
    await assert.rejects(
      async () => {
        for await (const value of pool.map(evenOnly, [0, 2, 3, 4])) seen.push(value);
      },
      { message: '3 is odd' },
    );
    assert.deepEqual(seen, [0, 2]);
  });

  test(`#85 the next() after an error goes on with the item behind it (${name})`, async () => {
    await using pool = backend.make();
    const results = pool.map(evenOnly, [1, 2, 3, 4]);
    const seen: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      seen.push(await results.next().catch((error: unknown) => (error as Error).message));
    }
    assert.deepEqual(seen, [
      '1 is odd',
      { value: 2, done: false },
      '3 is odd',
      { value: 4, done: false },
    ]);
    assert.equal((await results.next()).done, true);
  });

  test(`#86 return() cancels what has not begun, and ends the iteration (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const [first, second, third] = [makeGate(t), makeGate(t), makeGate(t)];
    first.open();
    third.open();
    const addresses = [first.address, second.address, third.address, third.address];
    const results = pool.map(waitAt<string>, addresses, ['a', 'b', 'c', 'd']);
    assert.equal((await results.next()).value, 'a');
    await second.whenArrived(1);
    assert.deepEqual(await results.return(), { value: undefined, done: true });
    await whenCancelled(backend, pool, 2);
    second.open();
    // One worker and one queue: when this is done, the others would have run.
    await pool.submit(noop);
    assert.equal(third.arrived, 0);
    assert.equal((await results.next()).done, true);
  });

  test(`#86 leaving a loop cancels what has not begun (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const [first, second, third] = [makeGate(t), makeGate(t), makeGate(t)];
    first.open();
    const addresses = [first.address, second.address, third.address];
    for await (const value of pool.map(waitAt<number>, addresses, [1, 2, 3])) {
      assert.equal(value, 1);
      await second.whenArrived(1);
      break;
    }
    await whenCancelled(backend, pool, 1);
    second.open();
    third.open();
    await pool.submit(noop);
    assert.equal(third.arrived, 0);
  });

  test(`#87 dropping the iterator cancels nothing, started or not (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const gate = makeGate(t);
    const open = makeGate(t);
    open.open();
    const list = makeList(t);
    const startAndDrop = async (): Promise<WeakRef<MapResults<unknown>>> => {
      const results = pool.map(waitAt<number>, [open.address, gate.address], [1, 2]);
      assert.equal((await results.next()).value, 1);
      return new WeakRef(results);
    };
    const neverTouched = (): void => void pool.map(record, [list, list, list], [1, 2, 3]);
    const dropped = await startAndDrop();
    neverTouched();
    assert.ok(await isCollected(dropped));
    gate.open();
    await pool.submit(noop);
    assert.deepEqual(listed(list), [1, 2, 3]);
  });

  test(`#91 an input that throws cancels what was submitted before it (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const [gate, never] = [makeGate(t), makeGate(t)];
    let closed = false;
    const failing = function* (): Generator<string> {
      yield gate.address;
      yield never.address;
      throw new RangeError('no more');
    };
    const other = function* (): Generator<number> {
      try {
        for (;;) yield 1;
      } finally {
        closed = true;
      }
    };
    const busy = pool.submit(waitAt, gate.address, 0);
    await gate.whenArrived(1);
    assert.throws(() => pool.map(waitAt<number>, failing(), other()), { message: 'no more' });
    assert.ok(closed, 'the other iterable is closed');
    gate.open();
    never.open();
    await busy;
    await pool.submit(noop);
    assert.equal(gate.arrived, 1);
    assert.equal(never.arrived, 0);
  });

  test(`#92 a value that looks like the end of an iterator ends nothing (${name})`, async () => {
    await using pool = backend.make();
    assert.deepEqual(await pool.map(returnDone, [1, 2]).toArray(), [
      { done: true, value: 1 },
      { done: true, value: 2 },
    ]);
  });

  test(`#93 the iterator keeps no result that it has handed out (${name})`, async (t) => {
    const pool = makePool(t, backend);
    const results = pool.map(makeObject, [1, 2, 3]);
    const take = async (): Promise<WeakRef<object>> => {
      const { value } = await results.next();
      assert.ok(value);
      return new WeakRef<object>(value);
    };
    const first = await take();
    assert.ok(await isCollected(first));
    assert.deepEqual(await results.toArray(), [{ n: 2 }, { n: 3 }]);
    collectGarbage();
  });

  test(`#94 chunkSize changes no result (${name})`, async () => {
    await using pool = backend.make();
    for (const chunkSize of [1, 2, 7, 1000]) {
      const results = pool.with({ chunkSize }).map(add, [1, 2, 3], [4, 5, 6]);
      assert.deepEqual(await results.toArray(), [5, 7, 9]);
    }
  });
}
