/** Workers that are killed again and again while there is a lot to do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokenProcessPool, ProcessPoolExecutor } from 'concurrent-futures';
import { busyAs } from '../fixtures/process-tasks.ts';
import { closeAfter } from '../support/held.ts';
import { isGone, whenGone } from '../support/processes.ts';

const CALLS = 6000;
const KILLS = 15;
const WORKERS = 3;

test('each kill costs one call at most, which says so; all others have their own results', async (t) => {
  const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: WORKERS }));
  // Only workers that have answered are killed: one that dies before it is ready breaks its pool.
  const answered: number[] = [];
  const killed = new Set<number>();
  const futures = Array.from({ length: CALLS }, (_, id) => pool.submit(busyAs, id, 0.3));
  for (const future of futures) {
    future.then(
      ({ pid }) => answered.push(pid),
      () => {},
    );
  }
  let seed = 7;
  const killer = setInterval(() => {
    const alive = [...new Set(answered.splice(0))].filter(
      (pid) => !killed.has(pid) && !isGone(pid),
    );
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
    const victim = alive[(seed >>> 8) % Math.max(1, alive.length)];
    if (victim === undefined) return;
    process.kill(victim, 'SIGKILL');
    killed.add(victim);
    if (killed.size === KILLS) clearInterval(killer);
  }, 50);
  t.after(() => clearInterval(killer));

  let lost = 0;
  for (const [id, future] of futures.entries()) {
    const error = await future.exception();
    if (error === undefined) {
      const value = await future;
      assert.deepEqual({ id: value.id, square: value.square }, { id, square: id * id });
      continue;
    }
    lost++;
    assert.ok(error instanceof BrokenProcessPool);
    assert.equal(error.code, 'ERR_WORKER_DIED');
    assert.equal(error.signal, 'SIGKILL');
    assert.equal(error.task, 'busyAs');
    assert.ok(error.pid !== undefined && killed.has(error.pid));
  }
  assert.ok(killed.size > 3, `only ${killed.size} workers could be killed`);
  assert.ok(lost <= killed.size, `${lost} calls lost by ${killed.size} kills`);
  t.diagnostic(`${killed.size} kills, ${lost} calls lost`);
  const { completed, failed, pending, running } = pool.stats();
  assert.deepEqual(
    { completed, failed, pending, running },
    { completed: CALLS - lost, failed: lost, pending: 0, running: 0 },
  );
  await pool.shutdown();
  await whenGone([...killed]);
});
