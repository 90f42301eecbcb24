/** Values that cannot travel: the call they belong to fails and says so; the pool goes on. */
import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { PicklingError } from 'concurrent-futures';
import { badValueNames, makeBadValue } from '../fixtures/bad-results.js';
import { add, echo, noop, waitAt } from '../fixtures/tasks.js';
import { workerBackends } from '../support/backends.js';
import { makeGate, makePool } from '../support/held.js';

const badArguments: Record<string, () => unknown> = {
  'a socket': () => new Socket(),
  ...Object.fromEntries(
    badValueNames
      // As an argument it travels.
      .filter((name) => name !== 'a function' && name !== 'a symbol')
      .map((name) => [name, () => makeBadValue(name)]),
  ),
};

const codes: Record<string, string> = {
  'a socket': 'ERR_HANDLE',
  'a WeakMap': 'ERR_WEAK',
  'a promise inside': 'ERR_PROMISE',
  'a revoked proxy': 'ERR_PROXY',
};

for (const backend of workerBackends) {
  for (const [name, make] of Object.entries(badArguments)) {
    test(`an argument that is or holds ${name} is named in the error (${backend.name})`, async (t) => {
      const pool = makePool(t, backend, { maxWorkers: 1 });
      const error = await pool.submit(echo<unknown>, make()).exception();
      assert.ok(error instanceof PicklingError, String(error));
      assert.equal(error.code, codes[name] ?? 'ERR_CLONE');
      assert.match(error.message, /Argument 1 of echo, .* can't be sent to a worker: .+/s);
      if (name in codes) assert.match(error.message, /at echo → argument 1/);
      assert.ok(error.cause !== undefined);
      assert.equal(pool.stats().workers, 0, 'nothing is started for it');
      assert.equal(await pool.submit(add, 1, 2), 3);
    });

    test(`the same for ${name} when the pool is busy, and when a worker is idle (${backend.name})`, async (t) => {
      const pool = makePool(t, backend, { maxWorkers: 1 });
      await pool.submit(noop);
      assert.ok((await pool.submit(echo<unknown>, make()).exception()) instanceof PicklingError);
      assert.equal(await pool.submit(add, 1, 2), 3);
      const gate = makeGate(t);
      const busy = pool.submit(waitAt, gate.address, 1);
      await gate.whenArrived(1);
      assert.ok((await pool.submit(echo<unknown>, make()).exception()) instanceof PicklingError);
      gate.open();
      assert.equal(await busy, 1);
      assert.equal(await pool.submit(add, 1, 2), 3);
    });
  }

  for (const name of badValueNames) {
    test(`a result that is or holds ${name} fails its call and not its worker (${backend.name})`, async (t) => {
      const pool = makePool(t, backend, { maxWorkers: 1 });
      const error = await pool.submit(makeBadValue, name).exception();
      assert.ok(error instanceof PicklingError, String(error));
      assert.equal(error.code, 'ERR_CLONE');
      assert.match(
        error.message,
        /The result of makeBadValue, .*can't be sent back: .+ Return plain/s,
      );
      assert.equal(await pool.submit(add, 1, 2), 3);
      const { completed, failed, workers } = pool.stats();
      assert.deepEqual({ completed, failed, workers }, { completed: 1, failed: 1, workers: 1 });
    });
  }

  test(`a bad item of a map fails at its place, the others have results (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const results = pool.map(echo<unknown>, [1, new WeakMap(), 3]);
    assert.equal((await results.next()).value, 1);
    await assert.rejects(results.next(), PicklingError);
    assert.equal((await results.next()).value, 3);
  });

  test(`a bad result in a chunk fails at its place, the others have results (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const names = ['a number', 'a function', 'a number'];
    const results = pool.with({ chunkSize: 3 }).map(makeBadValue, names);
    assert.equal((await results.next()).value, 1);
    await assert.rejects(results.next(), PicklingError);
    assert.equal((await results.next()).value, 1);
  });

  test(`transfer refuses what cannot be moved, and moves nothing then (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const buffer = new ArrayBuffer(8);
    const bound = pool.with({ transfer: [buffer, {}] });
    const error = await bound.submit(echo<unknown>, buffer).exception();
    assert.ok(error instanceof PicklingError, String(error));
    assert.equal(buffer.byteLength, 8);
    assert.equal(await pool.submit(add, 1, 2), 3);
  });
}
