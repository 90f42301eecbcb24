/** Values larger than any pipe, and an end of the process while they are on their way. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ProcessPoolExecutor } from 'concurrent-futures';
import { makeBytes } from '../fixtures/payload-tasks.ts';
import { dieWhileSending, exitSaying, ownPid, returnAndExit } from '../fixtures/process-tasks.ts';
import { echo, waitAt } from '../fixtures/tasks.ts';
import { workerBackends } from '../support/backends.ts';
import { deathOf } from '../support/deaths.ts';
import { closeAfter, makeGate } from '../support/held.ts';
import { startWorkers } from '../support/worker-pids.ts';
import { whenGone } from '../support/processes.ts';

const backend = workerBackends.find(({ name }) => name === 'processes')!;
const LARGE = 12 << 20;

for (const maxWorkers of [1, 2]) {
  suite(`with ${maxWorkers} worker(s)`, () => {
    test('a worker killed while its result is being sent loses that call, and no other', async (t) => {
      const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers }));
      const lost = pool.submit(dieWhileSending, LARGE, 'SIGKILL');
      const behind = Array.from({ length: 10 }, (_, i) => pool.submit(echo, i));
      const error = await deathOf(backend, lost);
      assert.equal(error.signal, 'SIGKILL');
      assert.equal(error.task, 'dieWhileSending');
      assert.deepEqual(
        await Promise.all(behind),
        behind.map((_, i) => i),
      );
      const bytes = await pool.submit(makeBytes, LARGE);
      assert.equal(bytes.byteLength, LARGE);
      assert.ok(bytes.every((byte) => byte === 7));
    });

    test('a worker that exits while a large result is on its way out loses nothing', async (t) => {
      for (const manager of ['event-loop', 'thread'] as const) {
        const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers, manager }));
        const all = await Promise.all([1, 2].map(() => pool.submit(returnAndExit, LARGE)));
        for (const bytes of all) assert.ok(bytes.length === LARGE && bytes.every((b) => b === 7));
      }
    });

    test('a worker killed while a large argument is on its way to it: the call goes to another', async (t) => {
      const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers }));
      const gate = makeGate(t);
      const pids = await startWorkers(t, pool, maxWorkers);
      const held = Array.from({ length: maxWorkers }, () => pool.submit(waitAt, gate.address, 1));
      await gate.whenArrived(maxWorkers);
      const argument = new Uint8Array(LARGE).fill(5);
      const large = pool.submit(echo, argument);
      argument.fill(6);
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      for (const each of held) assert.equal((await deathOf(backend, each)).signal, 'SIGKILL');
      const echoed = await large;
      assert.equal(echoed.byteLength, LARGE);
      assert.ok(echoed.every((byte) => byte === 5));
      await whenGone(pids);
    });
  });
}

// Up to a size of about a megabyte a worker goes on with its next call while a result is being sent.
for (const size of [100, 100_000, 900_000, LARGE]) {
  test(`a result of ${size} bytes arrives although the next call ends the worker`, async (t) => {
    const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 1 }));
    await pool.submit(ownPid);
    const result = pool.submit(makeBytes, size);
    const lost = pool.submit(exitSaying, 7, '');
    assert.equal((await deathOf(backend, lost)).exitCode, 7);
    assert.equal((await result).byteLength, size);
  });
}
