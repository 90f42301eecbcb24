/** Values that can't leave the process in which they were made: refused with the reason and a way out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PicklingError } from 'concurrent-futures';
import { boundValues, holders, makeBound, moveBound } from '../fixtures/bound-values.js';
import { whichProcess } from '../fixtures/process-state-tasks.js';
import { add, echo } from '../fixtures/tasks.js';
import { processPool } from '../support/process-pool.js';

const why = /only be shared with threads of the same process|can't leave its process/;
const remedy = /ThreadPoolExecutor/;

function assertRefused(error: unknown, where: string, what: RegExp): void {
  assert.ok(error instanceof PicklingError, `${where}: ${String(error)}`);
  assert.ok(['ERR_CLONE', 'ERR_HANDLE'].includes(error.code), error.code);
  assert.match(error.message, what, where);
  assert.match(error.message, why, where);
  assert.match(error.message, remedy, where);
  assert.ok(error.cause instanceof Error, where);
}

for (const [name, make] of Object.entries(boundValues)) {
  test(`an argument that is or holds a ${name} fails its call and nothing else`, async (t) => {
    const pool = processPool(t, { maxWorkers: 1 });
    for (const [where, hold] of Object.entries(holders)) {
      const error = await pool.submit(echo<unknown>, hold(make())).exception();
      assertRefused(error, where, /Argument 1 of echo, .* can't be sent to a worker/s);
    }
    assert.equal(pool.stats().workers, 0, 'nothing is started for it');
    assert.equal(await pool.submit(add, 1, 2), 3);
  });

  test(`a ${name} cannot be moved either, whether it is in the transfer list or not`, async (t) => {
    const pool = processPool(t, { maxWorkers: 1 });
    const value = make();
    const listed = await pool
      .with({ transfer: [value] })
      .submit(echo<unknown>, value)
      .exception();
    assert.ok(listed instanceof PicklingError);
    assert.match(
      listed.message,
      /transfer\[0\].*can't be moved to another process.*ThreadPoolExecutor/,
    );
    const buffer = new ArrayBuffer(8);
    const beside = pool.with({ transfer: [buffer] }).submit(echo<unknown>, [buffer, make()]);
    const error = await beside.exception();
    assert.ok(error instanceof PicklingError, String(error));
    assert.equal(pool.stats().workers, 0);
    assert.equal(await pool.submit(add, 1, 2), 3);
  });

  test(`a result that is or holds a ${name} fails its call and not its worker`, async (t) => {
    const pool = processPool(t, { maxWorkers: 1 });
    const worker = await pool.submit(whichProcess);
    const what = /The result of \w+, .* can't be sent back/s;
    for (const where of Object.keys(holders))
      assertRefused(await pool.submit(makeBound, name, where).exception(), where, what);
    assertRefused(await pool.submit(moveBound, name).exception(), 'moved', what);
    assert.equal(await pool.submit(whichProcess), worker);
  });
}

test('what cannot leave the process is refused as the cause of an error, too', async (t) => {
  const pool = processPool(t, { maxWorkers: 1 });
  for (const [name, make] of Object.entries(boundValues)) {
    const error = await pool.submit(echo<unknown>, new Error('x', { cause: make() })).exception();
    assertRefused(error, name, /Argument 1 of echo/);
  }
});

test('a buffer in the transfer list of a refused call stays where it is', async (t) => {
  const pool = processPool(t, { maxWorkers: 1 });
  const buffer = new ArrayBuffer(8);
  const args = [buffer, new SharedArrayBuffer(8)];
  const error = await pool
    .with({ transfer: [buffer] })
    .submit(echo<unknown>, args)
    .exception();
  assert.ok(error instanceof PicklingError);
  assert.equal(buffer.byteLength, 8);
});
