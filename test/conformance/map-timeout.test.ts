/** `map` with a time limit or a signal: what they end, and what they leave alone (items 88–90). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimeoutError } from 'concurrent-futures';
import { throwTimeoutError } from '../fixtures/executor-tasks.js';
import { echo, noop, waitAt } from '../fixtures/tasks.js';
import { everyBackend } from '../support/every-backend.js';
import { makeGate, makePool } from '../support/held.js';
import { ownBackend } from '../support/own-executor.js';
import { whenCancelled } from '../support/remote.js';

/** Resolves when the clock has gone on by `ms` milliseconds. */
async function clockPast(ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() <= until) await new Promise(setImmediate);
}

for (const backend of [...everyBackend, ownBackend]) {
  const { name } = backend;

  test(`#88 results that are there are handed out past the deadline (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const gate = makeGate(t);
    const items = [1, 2, 3];
    const results = pool.with({ timeout: 1 }).map(echo<number>, items);
    const behind = pool.submit(noop);
    const held = pool.submit(waitAt, gate.address, 0);
    await behind;
    await clockPast(2);
    const seen: number[] = [];
    for await (const value of results) seen.push(value);
    assert.deepEqual(seen, items);
    assert.equal(held.done(), false);
  });

  test(`#88 the time runs from the call of map (${name})`, async (t) => {
    const pool = makePool(t, backend);
    const gate = makeGate(t);
    const results = pool.with({ timeout: 2 }).map(waitAt<number>, [gate.address], [1]);
    await clockPast(3);
    await assert.rejects(results.next(), TimeoutError);
  });

  test(`#89 at the deadline: TimeoutError, the rest is cancelled, it is over (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const [gate, rest] = [makeGate(t), makeGate(t)];
    const busy = pool.submit(waitAt, gate.address, 0);
    await gate.whenArrived(1);
    // Neither the call that is waited for nor the one behind it has begun.
    const addresses = [rest.address, rest.address];
    const results = pool.with({ timeout: 5 }).map(waitAt<number>, addresses, [1, 2]);
    await assert.rejects(results.next(), (error) => {
      assert.ok(error instanceof TimeoutError);
      assert.match(error.message, /map\(\).*5 ms/);
      return true;
    });
    assert.equal((await results.next()).done, true);
    await whenCancelled(backend, pool, 2);
    gate.open();
    await busy;
    await pool.submit(noop);
    assert.equal(rest.arrived, 0);
  });

  test(`#90 a task's own TimeoutError is an error like any other (${name})`, async (t) => {
    const pool = makePool(t, backend);
    const results = pool.with({ timeout: 60_000 }).map(throwTimeoutError, [1, 2]);
    for (let i = 0; i < 2; i++) {
      await assert.rejects(results.next(), { name: 'TimeoutError', message: 'from the task' });
    }
    assert.equal((await results.next()).done, true);
  });

  test(`#89 an aborted signal ends the iteration with its reason (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const [gate, rest] = [makeGate(t), makeGate(t)];
    const controller = new AbortController();
    const bound = pool.with({ signal: controller.signal });
    const results = bound.map(waitAt<number>, [gate.address, rest.address], [1, 2]);
    const next = results.next();
    await gate.whenArrived(1);
    const reason = new Error('changed my mind');
    controller.abort(reason);
    await assert.rejects(next, (error) => error === reason);
    assert.equal((await results.next()).done, true);
    await whenCancelled(backend, pool, 1);
    gate.open();
    await pool.submit(noop);
    assert.equal(rest.arrived, 0);
    assert.throws(
      () => bound.map(echo<number>, [1]),
      (error) => error === reason,
    );
  });
}
