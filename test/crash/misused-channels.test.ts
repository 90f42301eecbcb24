/** A task that uses what it finds of the way to its parent, closes it, or has nothing left of it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { BrokenProcessPool, ProcessPoolExecutor } from 'concurrent-futures';
import { add, noop, waitAt } from '../fixtures/tasks.js';
import {
  handleAllErrors,
  neverLeave,
  takeAwayExit,
  throwWhenLeaving,
  useTheChannel,
} from '../fixtures/unruly-tasks.js';
import { blockingBackends, workerBackends } from '../support/backends.js';
import { makeGate } from '../support/held.js';

for (const backend of new Set([...workerBackends, ...blockingBackends])) {
  test(`what a task says to the parent by its own means is not taken for the runtime's (${backend.name})`, async (t) => {
    const pool = backend.make({ maxWorkers: 1 });
    t.after(() => pool.shutdown());
    assert.deepEqual(await pool.submit(useTheChannel), [], 'the port is not to be found');
    for (let i = 0; i < 20; i++) assert.equal(await pool.submit(add, i, 1), i + 1);
    assert.equal(pool.stats().failed, 0);
  });
}

for (const manager of ['event-loop', 'thread'] as const)
  for (const [descriptor, what] of [
    [3, 'the channel'],
    [4, 'the claim log'],
  ] as const) {
    for (const before of [noop, handleAllErrors, takeAwayExit, throwWhenLeaving, neverLeave]) {
      const where = `after ${before.name}, manager: '${manager}'`;
      test(`a task that closes ${what} loses its own call at most (${where})`, async (t) => {
        const pool = new ProcessPoolExecutor({ maxWorkers: 1, manager });
        t.after(() => pool.shutdown());
        await pool.submit<unknown[], unknown>(before);
        const closing = pool.submit((fd: number) => closeSync(fd), descriptor);
        const error = await closing.exception();
        assert.ok(error === undefined || error instanceof BrokenProcessPool, String(error));
        assert.equal(await pool.submit(add, 1, 2), 3);
      });
    }
  }

test('a manager thread that dies while the caller blocks ends the wait, and is replaced', async (t) => {
  const started = once(process, 'worker') as Promise<[Worker]>;
  const pool = new ProcessPoolExecutor({ maxWorkers: 1, manager: 'thread' });
  t.after(() => pool.shutdown());
  assert.equal(await pool.submit(add, 1, 2), 3);
  const [manager] = await started;
  const gate = makeGate(t);
  const call = pool.submit(waitAt, gate.address, 1);
  await gate.whenArrived(1);
  void manager.terminate();
  assert.throws(() => call.resultSync(), BrokenProcessPool);
  assert.equal(await pool.submit(add, 1, 2), 3);
});
