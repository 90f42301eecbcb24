/** Tasks with a pool of their own, of processes or threads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProcessPoolExecutor } from 'concurrent-futures';
import { nestForever, ownPid, sumNested } from '../fixtures/process-tasks.ts';
import { workerBackends } from '../support/backends.ts';
import { deathOf } from '../support/deaths.ts';
import { closeAfter } from '../support/held.ts';
import { listed, makeList } from '../support/lists.ts';
import { childrenOf, until, whenGone } from '../support/processes.ts';

const backend = workerBackends.find(({ name }) => name === 'processes')!;

for (const kind of ['processes', 'threads'] as const) {
  test(`a task may have a pool of ${kind}, which works and ends`, async (t) => {
    const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 2 }));
    const calls = [1, 2, 3, 4].map((n) => pool.submit(sumNested, kind, [n, n + 1, n + 2]));
    const results = await Promise.all(calls);
    assert.deepEqual(
      results.map(({ sum }) => sum),
      [14, 29, 50, 77],
    );
    for (const { pid } of results) assert.deepEqual(childrenOf(pid), []);
  });
}

test('workers of a nested pool end with the worker whose task has made it', async (t) => {
  const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 1 }));
  const list = makeList(t);
  const lost = pool.submit(nestForever, list);
  await until(
    () => listed(list).length === 2,
    () => 'the nested pool has not begun',
  );
  const [worker = 0, nested = 0] = listed(list);
  assert.deepEqual(
    childrenOf(worker).map(({ pid }) => pid),
    [nested],
  );
  process.kill(worker, 'SIGKILL');
  const error = await deathOf(backend, lost);
  assert.deepEqual([error.pid, error.task, error.signal], [worker, 'nestForever', 'SIGKILL']);
  await whenGone([worker, nested]);
  assert.notEqual(await pool.submit(ownPid), worker);
});
