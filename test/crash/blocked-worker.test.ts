/** A task that blocks its thread: it holds that worker only, and is ended with it under 'break'. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokenThreadPool, ThreadPoolExecutor } from 'concurrent-futures';
import { blockAt, exitWith } from '../fixtures/crashing-tasks.ts';
import { echo, Gate, noop } from '../fixtures/tasks.ts';

test('the other worker carries out everything else', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
  const gate = new Gate();
  const blocked = pool.submit(blockAt, gate.words);
  await gate.whenArrived(1);
  const values = Array.from({ length: 500 }, (_, i) => ({ i }));
  assert.deepEqual(await Promise.all(values.map((value) => pool.submit(echo, value))), values);
  assert.equal(pool.submit(echo, 'sync').resultSync(), 'sync');
  assert.equal(blocked.running(), true);
  assert.equal(blocked.cancel(), false);
  gate.open();
  await blocked;
});

test('crashes of the other worker do not change that', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
  const gate = new Gate();
  const blocked = pool.submit(blockAt, gate.words);
  await gate.whenArrived(1);
  for (let i = 0; i < 4; i++) {
    const dying = pool.submit(exitWith, 1);
    assert.equal(await pool.submit(echo, i), i);
    assert.notEqual(await dying.exception(), undefined);
  }
  gate.open();
  assert.equal(await blocked, undefined);
});

test("under 'break' a thread that blocks for ever is ended, and its call fails", async () => {
  const pool = new ThreadPoolExecutor({ maxWorkers: 2, onWorkerDeath: 'break' });
  const gate = new Gate();
  const blocked = pool.submit(blockAt, gate.words);
  await gate.whenArrived(1);
  const dying = pool.submit(exitWith, 1);
  assert.ok((await blocked.exception()) instanceof BrokenThreadPool);
  assert.ok((await dying.exception()) instanceof BrokenThreadPool);
  assert.throws(() => pool.submit(noop), BrokenThreadPool);
  await pool.shutdown();
});
