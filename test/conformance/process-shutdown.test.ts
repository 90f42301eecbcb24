/** The end of a pool of processes, in order and by force (items 192–204); its exit is in exit.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import {
  BrokenProcessPool,
  CancelledError,
  ProcessPoolExecutor,
  ShutdownError,
  wait,
} from 'concurrent-futures';
import { exitWith } from '../fixtures/crashing-tasks.js';
import { record } from '../fixtures/executor-tasks.js';
import { ignore, leaveOn, mute, whichProcess } from '../fixtures/process-state-tasks.js';
import { echo, noop, waitAt } from '../fixtures/tasks.js';
import { allWorkersGone } from '../support/deaths.js';
import { makeGate } from '../support/held.js';
import { listed, makeList } from '../support/lists.js';
import { exists, processPool, until } from '../support/process-pool.js';
import { WarningLog } from '../support/warning-log.js';

test('#192 shutdown waits until the processes are gone', async (t) => {
  const pool = processPool(t, { maxWorkers: 2 });
  const pids = await Promise.all(Array.from({ length: 8 }, () => pool.submit(whichProcess)));
  assert.ok(pids.every(exists));
  await pool.shutdown();
  assert.ok(!pids.some(exists));
});

test('#192 shutdown right after any number of calls ends, with all of them done', async () => {
  for (const count of [0, 1, 2, 3, 500]) {
    const pool = new ProcessPoolExecutor({ maxWorkers: 2 });
    const futures = Array.from({ length: count }, (_, i) => pool.submit(echo, i));
    await pool.shutdown();
    assert.ok(futures.every((future) => future.state === 'finished'));
  }
});

test('#195 cancelFutures cancels at once what a worker has been sent and has not begun, too', async (t) => {
  const pool = processPool(t, { maxWorkers: 2 });
  const gate = makeGate(t);
  const held = [0, 1].map((i) => pool.submit(waitAt, gate.address, i));
  await gate.whenArrived(2);
  const behind = Array.from({ length: 6 }, (_, i) => pool.submit(waitAt, gate.address, i));
  await turn();
  await pool.shutdown({ wait: false, cancelFutures: true });
  assert.ok(behind.every((future) => future.cancelled()));
  gate.open();
  assert.deepEqual(await Promise.all(held), [0, 1]);
  await pool.shutdown();
  assert.equal(gate.arrived, 2);
});

test('#196 a later shutdown() takes back nothing of cancelFutures', async (t) => {
  const pool = processPool(t, { maxWorkers: 1 });
  const gate = makeGate(t);
  const held = pool.submit(waitAt, gate.address, 0);
  const behind = [1, 2, 3].map((i) => pool.submit(echo, i));
  const first = pool.shutdown({ cancelFutures: true });
  const second = pool.shutdown();
  assert.ok(behind.every((future) => future.cancelled()));
  gate.open();
  await Promise.all([first, second]);
  assert.equal(held.done(), true);
});

for (const [how, signal] of [
  ['terminateWorkers', 'SIGTERM'],
  ['killWorkers', 'SIGKILL'],
] as const) {
  test(`#199 #200 ${how}() ends workers by ${signal}: what they had begun breaks, the rest is cancelled`, async (t) => {
    const pool = processPool(t, { maxWorkers: 2 });
    const gate = makeGate(t);
    const begun = [0, 1].map((i) => pool.submit(waitAt, gate.address, i));
    await gate.whenArrived(2);
    const behind = Array.from({ length: 5 }, (_, i) => pool.submit(echo, i));
    await turn();
    pool[how]();
    assert.ok(
      begun.every((future) => future.running()),
      'it does not wait',
    );
    assert.ok(behind.every((future) => future.cancelled()));
    assert.throws(() => pool.submit(noop), ShutdownError);
    for (const future of begun) {
      const error = await future.exception();
      assert.ok(error instanceof BrokenProcessPool);
      assert.equal(error.signal, signal);
      assert.equal(error.task, 'waitAt');
    }
    for (const future of behind) await assert.rejects(future.result(), CancelledError);
    await pool.shutdown();
    assert.equal(pool.stats().workers, 0);
    assert.throws(() => pool.submit(noop), ShutdownError);
  });

  test(`#201 ${how}() does nothing to a pool that was never used, is broken, or whose workers are dead`, async (t) => {
    const warnings = new WarningLog(t);
    const unused = processPool(t);
    unused[how]();
    assert.equal(unused.stats().workers, 0);

    const broken = processPool(t, { maxWorkers: 1, onWorkerDeath: 'break' });
    await broken.submit(exitWith, 3).exception();
    broken[how]();
    assert.throws(() => broken.submit(noop), BrokenProcessPool);

    const dead = processPool(t, { maxWorkers: 1 });
    process.kill(await dead.submit(whichProcess), 'SIGKILL');
    await allWorkersGone(dead);
    dead[how]();
    dead[how]();
    await Promise.all([unused, broken, dead].map((pool) => pool.shutdown()));
    await warnings.next('CF_POOL_BROKEN');
  });

  test(`#202 ${how}() while workers retire: no other is started`, async (t) => {
    const list = makeList(t);
    const options = { initializer: record, initArgs: [list, 1] };
    const pool = processPool(t, { maxWorkers: 2, maxTasksPerChild: 1, ...options });
    const gate = makeGate(t);
    const begun = [0, 1].map((i) => pool.submit(waitAt, gate.address, i));
    await gate.whenArrived(2);
    const behind = Array.from({ length: 4 }, () => pool.submit(waitAt, gate.address, 0));
    // Their successors are ready, and wait for their end.
    await until(() => pool.stats().idle === 2);
    assert.equal(listed(list).length, 4);
    pool[how]();
    assert.ok(behind.every((future) => future.cancelled()));
    await wait(begun);
    await pool.shutdown();
    assert.equal(gate.arrived, 2);
    assert.equal(listed(list).length, 4);
  });
}

test('#199 a worker that leaves in order on SIGTERM takes its call along as well', async (t) => {
  const pool = processPool(t, { maxWorkers: 1 });
  await pool.submit(leaveOn, 'SIGTERM');
  const gate = makeGate(t);
  const begun = pool.submit(waitAt, gate.address, 0);
  await gate.whenArrived(1);
  pool.terminateWorkers();
  const error = await begun.exception();
  assert.ok(error instanceof BrokenProcessPool);
  assert.equal(error.exitCode, 0);
});

test(
  'a worker that ignores SIGTERM finishes its call, and the pool comes to its end',
  {
    timeout: 5_000,
  },
  async (t) => {
    const pool = new ProcessPoolExecutor({ maxWorkers: 1 });
    t.after(() => pool.killWorkers());
    await pool.submit(ignore, 'SIGTERM');
    const gate = makeGate(t);
    const begun = pool.submit(waitAt, gate.address, 'done');
    await gate.whenArrived(1);
    pool.terminateWorkers();
    gate.open();
    assert.equal(await begun, 'done');
    await pool.shutdown();
  },
);

test('#203 SIGINT is left to this process: a worker goes on with its call, and takes the next', async (t) => {
  const pool = processPool(t, { maxWorkers: 1 });
  const pid = await pool.submit(whichProcess);
  const gate = makeGate(t);
  const held = pool.submit(waitAt, gate.address, 'undisturbed');
  await gate.whenArrived(1);
  process.kill(pid, 'SIGINT');
  gate.open();
  assert.equal(await held, 'undisturbed');
  process.kill(pid, 'SIGINT');
  assert.equal(await pool.submit(whichProcess), pid);
});

test('#204 a module may submit its own functions while it is being evaluated', async () => {
  const { answer } = await import('../fixtures/submits-itself.js');
  assert.equal(answer, 42);
});

test('a worker whose program has put something else in place of stdout.write ends all the same', async () => {
  const pool = new ProcessPoolExecutor({ maxWorkers: 1 });
  const pid = await pool.submit(whichProcess);
  await pool.submit(mute);
  await pool.shutdown();
  assert.equal(exists(pid), false);
});
