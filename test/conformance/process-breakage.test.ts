/** Worker processes that can't be started or die (items 179, 182–189 and 191); more of it under crash/. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokenProcessPool, PicklingError } from 'concurrent-futures';
import { makeBadValue } from '../fixtures/bad-results.js';
import { blockAt, exitWith } from '../fixtures/crashing-tasks.js';
import { lengthOf } from '../fixtures/payload-tasks.js';
import { whichProcess } from '../fixtures/process-state-tasks.js';
import { add, echo, noop, waitAt } from '../fixtures/tasks.js';
import { makeGate } from '../support/held.js';
import { exists, processPool } from '../support/process-pool.js';
import { WarningLog } from '../support/warning-log.js';

/** Ways in which no worker can be started: found out by the system, at once or a little later. */
const impossible = {
  'a program that does not exist': { execPath: '/there/is/no/such/program' },
  'a folder that does not exist': { cwd: '/there/is/no/such/folder' },
  'an environment that is too large': { env: { LARGE: 'x'.repeat(8 << 20) } },
};

for (const [what, options] of Object.entries(impossible)) {
  test(`#179 ${what} ends in BrokenProcessPool for every call, and nothing hangs`, async (t) => {
    const warnings = new WarningLog(t);
    const pool = processPool(t, { maxWorkers: 2, ...options });
    for (const future of [pool.submit(noop), pool.submit(noop)]) {
      const error = await future.exception();
      assert.ok(error instanceof BrokenProcessPool);
      assert.equal(error.code, 'ERR_WORKER_START');
      assert.match(
        error.message,
        /could not be started: .*3 tries in a row.*next call tries again/s,
      );
      assert.ok(error.cause instanceof Error);
    }
    assert.ok(!warnings.codes().includes('CF_POOL_BROKEN'));
    await pool.shutdown();
    assert.equal(pool.stats().workers, 0);
  });
}

for (const onWorkerDeath of ['replace', 'break'] as const) {
  test(`#185 the error names the process and how it ended (onWorkerDeath '${onWorkerDeath}')`, async (t) => {
    const warnings = new WarningLog(t);
    const pool = processPool(t, { maxWorkers: 1, onWorkerDeath });
    const pid = await pool.submit(whichProcess);
    const error = await pool.submit(exitWith, 3).exception();
    assert.ok(error instanceof BrokenProcessPool);
    assert.match(error.message, new RegExp(`\\(pid ${pid}\\) ended with exit code 3`));
    if (onWorkerDeath === 'replace') {
      assert.deepEqual([error.pid, error.exitCode, error.task], [pid, 3, 'exitWith']);
      assert.equal(await pool.submit(add, 1, 2), 3);
    } else await warnings.next('CF_POOL_BROKEN');
  });
}

test("#187 under 'break' the other workers are ended; what was finished before stays", async (t) => {
  const warnings = new WarningLog(t);
  const pool = processPool(t, { maxWorkers: 2, onWorkerDeath: 'break' });
  const [gate, door] = [makeGate(t), makeGate(t)];
  const held = pool.submit(waitAt, gate.address, 0);
  await gate.whenArrived(1);
  const before = pool.submit(whichProcess);
  const other = await before;
  // Blocked, so that it could not end if it was only asked to.
  const blocked = pool.submit(blockAt, door.address);
  await door.whenArrived(1);
  gate.open();
  await held;
  const dying = await pool.submit(exitWith, 3).exception();
  assert.ok(dying instanceof BrokenProcessPool);
  assert.ok((await blocked.exception()) instanceof BrokenProcessPool);
  await pool.shutdown();
  assert.equal(exists(other), false);
  assert.equal(await before, other);
  await warnings.next('CF_POOL_BROKEN');
});

test('#188 by default a death costs the call that ran, and the pool goes on', async (t) => {
  const pool = processPool(t, { maxWorkers: 2 });
  const dying = Array.from({ length: 4 }, () => pool.submit(exitWith, 1));
  const innocent = Array.from({ length: 6 }, (_, i) => pool.submit(add, i, 1));
  for (const each of dying) assert.ok((await each.exception()) instanceof BrokenProcessPool);
  assert.deepEqual(await Promise.all(innocent), [1, 2, 3, 4, 5, 6]);
  assert.equal(await pool.submit(echo, 'next'), 'next');
});

test('#189 a worker that is killed while large arguments are on their way to it: they get another', async (t) => {
  const pool = processPool(t, { maxWorkers: 1 });
  const pid = await pool.submit(whichProcess);
  const gate = makeGate(t);
  // It reads nothing while it is blocked, so most of what is sent to it is still to be written.
  const blocked = pool.submit(blockAt, gate.address);
  const behind = [0, 1, 2].map(() => pool.submit(lengthOf, new Uint8Array(8 << 20)));
  await gate.whenArrived(1);
  process.kill(pid, 'SIGKILL');
  const error = await blocked.exception();
  assert.ok(error instanceof BrokenProcessPool);
  assert.equal(error.signal, 'SIGKILL');
  assert.deepEqual(await Promise.all(behind), [8 << 20, 8 << 20, 8 << 20]);
});

test('#189 a call with large arguments that kills its worker fails alone', async (t) => {
  const pool = processPool(t, { maxWorkers: 1 });
  const large = 'x'.repeat(8 << 20);
  const exit: (code: number, cargo: string) => never = exitWith;
  const dying = pool.submit(exit, 5, large);
  const behind = pool.submit(echo, large);
  const error = await dying.exception();
  assert.ok(error instanceof BrokenProcessPool);
  assert.equal(error.exitCode, 5);
  assert.equal((await behind).length, large.length);
});

test('#191 what cannot travel fails its call in a pool that was shut down meanwhile, and the pool ends', async (t) => {
  const pool = processPool(t, { maxWorkers: 1 });
  const argument = pool.submit(echo<unknown>, () => 1);
  const result = pool.submit(makeBadValue, 'a function');
  await pool.shutdown({ wait: false });
  assert.ok((await argument.exception()) instanceof PicklingError);
  assert.ok((await result.exception()) instanceof PicklingError);
  await pool.shutdown();
  assert.equal(pool.stats().workers, 0);
});
