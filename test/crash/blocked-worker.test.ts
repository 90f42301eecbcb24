/** A task that blocks its thread: it holds that worker only, and is ended with it under 'break'. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockAt, exitWith } from '../fixtures/crashing-tasks.ts';
import { echo, noop } from '../fixtures/tasks.ts';
import { blockingBackends, workerBackends } from '../support/backends.ts';
import { makeGate, makePool } from '../support/held.ts';

for (const backend of workerBackends) {
  test(`the other worker carries out everything else (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 2 });
    const gate = makeGate(t);
    const blocked = pool.submit(blockAt, gate.address);
    await gate.whenArrived(1);
    const values = Array.from({ length: 500 }, (_, i) => ({ i }));
    assert.deepEqual(await Promise.all(values.map((value) => pool.submit(echo, value))), values);
    assert.equal(blocked.running(), true);
    assert.equal(blocked.cancel(), false);
    gate.open();
    await blocked;
  });

  test(`crashes of the other worker do not change that (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 2 });
    const gate = makeGate(t);
    const blocked = pool.submit(blockAt, gate.address);
    await gate.whenArrived(1);
    for (let i = 0; i < 4; i++) {
      const dying = pool.submit(exitWith, 1);
      assert.equal(await pool.submit(echo, i), i);
      assert.notEqual(await dying.exception(), undefined);
    }
    gate.open();
    assert.equal(await blocked, undefined);
  });

  test(`#187 under 'break' a worker that blocks for ever is ended, and its call fails (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 2, onWorkerDeath: 'break' });
    const gate = makeGate(t);
    const blocked = pool.submit(blockAt, gate.address);
    await gate.whenArrived(1);
    const dying = pool.submit(exitWith, 1);
    assert.ok((await blocked.exception()) instanceof backend.brokenClass);
    assert.ok((await dying.exception()) instanceof backend.brokenClass);
    assert.throws(() => pool.submit(noop), backend.brokenClass);
    await pool.shutdown();
  });
}

for (const backend of blockingBackends) {
  test(`this thread can block on a call of the other worker (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 2 });
    const gate = makeGate(t);
    const blocked = pool.submit(blockAt, gate.address);
    await gate.whenArrived(1);
    for (let i = 0; i < 100; i++) assert.equal(pool.submit(echo, i).resultSync(), i);
    assert.equal(blocked.running(), true);
    gate.open();
    assert.equal(blocked.resultSync(), undefined);
  });
}
