/** How worker processes are started, and what becomes of a pool that can't start any (items 149–158 and 164). */
import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BrokenProcessPool, ProcessPoolExecutor } from 'concurrent-futures';
import { countUp } from '../fixtures/executor-tasks.js';
import { howStarted, whichProcess } from '../fixtures/process-state-tasks.js';
import { add, noop, waitAt } from '../fixtures/tasks.js';
import { makeGate } from '../support/held.js';
import { makeFolder, processPool, until } from '../support/process-pool.js';

test('#152 a worker is a process of its own, started afresh', async (t) => {
  const pool = processPool(t, { maxWorkers: 1 });
  assert.notEqual(await pool.submit(whichProcess), process.pid);
  const here = countUp().count;
  const there = await pool.submit(countUp);
  assert.equal(there.count, 1, 'it knows nothing of what was done here before it was started');
  assert.equal(countUp().count, here + 1);
});

test('#152 env, cwd and execArgv say how, and by default are those of this process', async (t) => {
  const folder = makeFolder(t);
  const options = {
    env: { ...process.env, CF_COLOUR: 'green' },
    cwd: folder,
    execArgv: ['--stack-trace-limit=7'],
  };
  const told = await processPool(t, { maxWorkers: 1, ...options }).submit(howStarted, 'CF_COLOUR');
  assert.equal(told.variable, 'green');
  assert.equal(told.folder, folder);
  assert.deepEqual(told.execArgv, options.execArgv);

  process.env['CF_COLOUR'] = 'red';
  t.after(() => delete process.env['CF_COLOUR']);
  const untold = await processPool(t, { maxWorkers: 1 }).submit(howStarted, 'CF_COLOUR');
  assert.equal(untold.variable, 'red');
  assert.equal(untold.folder, process.cwd());
  assert.equal(untold.program, process.execPath);
});

test(
  '#152 execPath says which program workers run',
  { skip: process.platform === 'win32' ? 'to make a link takes a privilege there' : false },
  async (t) => {
    const execPath = join(makeFolder(t), 'another-node');
    symlinkSync(process.execPath, execPath);
    const pool = processPool(t, { maxWorkers: 1, execPath });
    assert.equal((await pool.submit(howStarted, 'PATH')).program, execPath);
  },
);

test('#153 maxTasksPerChild is a whole number of at least 1', () => {
  for (const [value, name] of [
    [0, 'RangeError'],
    [-1, 'RangeError'],
    [1.5, 'RangeError'],
    [Number.NaN, 'RangeError'],
    ['3', 'TypeError'],
    [true, 'TypeError'],
    [null, 'TypeError'],
  ] as const) {
    assert.throws(() => new ProcessPoolExecutor({ maxTasksPerChild: value as never }), {
      name,
      message: /maxTasksPerChild.*at least 1/,
    });
  }
});

test('#164 where one more worker cannot be started, those that there are do the work', async (t) => {
  const cwd = makeFolder(t);
  const pool = processPool(t, { maxWorkers: 2, cwd });
  const gate = makeGate(t);
  const held = pool.submit(waitAt, gate.address, 1);
  await gate.whenArrived(1);
  rmdirSync(cwd);
  const second = pool.submit(add, 1, 2);
  assert.equal(pool.stats().workers, 2, 'one was to be started');
  await until(() => pool.stats().workers === 1);
  assert.equal(second.done(), false);
  gate.open();
  assert.deepEqual(await Promise.all([held, second]), [1, 3]);
  assert.equal(await pool.submit(add, 2, 2), 4);
});

test('#164 where the only worker cannot be replaced, every call is told so, and the next one tries again', async (t) => {
  const cwd = makeFolder(t);
  const pool = processPool(t, { maxWorkers: 1, cwd });
  const worker = await pool.submit(whichProcess);
  const gate = makeGate(t);
  const lost = pool.submit(waitAt, gate.address, 0);
  const behind = pool.submit(noop);
  await gate.whenArrived(1);
  rmdirSync(cwd);
  process.kill(worker, 'SIGKILL');
  const error = await behind.exception();
  assert.ok(error instanceof BrokenProcessPool);
  assert.equal(error.code, 'ERR_WORKER_START');
  assert.match(error.message, /could not be started.*cwd.*does not exist/);
  assert.equal(((await lost.exception()) as BrokenProcessPool).code, 'ERR_WORKER_DIED');
  mkdirSync(cwd);
  assert.equal(await pool.submit(add, 1, 2), 3);
});

test('#164 what a worker that cannot be replaced has begun completes', async (t) => {
  const cwd = makeFolder(t);
  const pool = processPool(t, { maxWorkers: 1, maxTasksPerChild: 2, cwd });
  const gate = makeGate(t);
  const held = pool.submit(waitAt, gate.address, 'held');
  await gate.whenArrived(1);
  rmdirSync(cwd);
  // The last call that this worker may do: with it, its successor is due.
  const behind = pool.submit(noop);
  assert.equal(((await behind.exception()) as BrokenProcessPool).code, 'ERR_WORKER_START');
  assert.equal(held.running(), true);
  gate.open();
  assert.equal(await held, 'held');
});
