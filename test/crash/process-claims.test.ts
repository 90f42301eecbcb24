/** Calls that are withdrawn or handed on while a worker may be about to begin them. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { CancelledError, ProcessPoolExecutor } from 'concurrent-futures';
import { blockAt } from '../fixtures/crashing-tasks.ts';
import { record } from '../fixtures/executor-tasks.ts';
import { pidAt } from '../fixtures/process-tasks.ts';
import { echo } from '../fixtures/tasks.ts';
import { closeAfter, makeGate } from '../support/held.ts';
import { listed, makeList } from '../support/lists.ts';
import { startWorkers } from '../support/worker-pids.ts';

const CALLS = 2000;

for (const maxWorkers of [1, 2]) {
  test(`of ${CALLS} calls for ${maxWorkers} worker(s) each is either cancelled and never runs, or runs once`, async (t) => {
    const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers }));
    await startWorkers(t, pool, maxWorkers);
    const list = makeList(t);
    let seed = maxWorkers;
    const below = (limit: number): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
      return (seed >>> 8) % limit;
    };
    const futures = [];
    for (let id = 0; id < CALLS; id++) {
      futures.push(pool.submit(record, list, id));
      // One of the last few: it is in the queue, on its way, about to begin, or done.
      if (below(3) === 0) futures[Math.max(0, id - below(40))]?.cancel();
      if (below(10) === 0) await turn();
    }
    const cancelled = new Set<number>();
    for (const [id, future] of futures.entries()) {
      const error = await future.exception().catch((reason: unknown) => reason);
      if (error instanceof CancelledError) cancelled.add(id);
      else assert.equal(await future, id);
    }
    const ran = listed(list);
    assert.equal(new Set(ran).size, ran.length, 'none ran twice');
    assert.deepEqual(
      ran.filter((id) => cancelled.has(id)),
      [],
      'none that was cancelled ran',
    );
    assert.equal(ran.length + cancelled.size, CALLS);
    assert.ok(cancelled.size > 50 && ran.length > 50, `${cancelled.size} cancelled`);
    t.diagnostic(`${cancelled.size} cancelled, ${ran.length} ran`);
  });
}

test('quick calls behind a long one are done by a worker that has nothing else to do', async (t) => {
  const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 2 }));
  await startWorkers(t, pool, 2);
  // Known as quick, so that many of them are given to a worker at once.
  await Promise.all(Array.from({ length: 500 }, (_, i) => pool.submit(echo, i)));
  const [long, short] = [makeGate(t), makeGate(t)];
  const first = pool.submit(blockAt, long.address);
  const second = pool.submit(pidAt, short.address);
  const behind = Array.from({ length: 50 }, (_, i) => pool.submit(echo, i));
  await long.whenArrived(1);
  await short.whenArrived(1);
  short.open();
  await second;
  assert.deepEqual(
    await Promise.all(behind),
    behind.map((_, i) => i),
  );
  assert.equal(first.done(), false);
  long.open();
  await first;
});
