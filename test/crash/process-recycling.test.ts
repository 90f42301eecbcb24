/** Many workers, one after the other: nothing of them is left. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { ProcessPoolExecutor } from 'concurrent-futures';
import { exitSaying, ownPid } from '../fixtures/process-tasks.ts';
import { childrenOf, isGone, openDescriptors } from '../support/processes.ts';
import { WarningLog } from '../support/warning-log.ts';

const WORKERS = 60;

interface Held {
  readonly resources: readonly string[];
  readonly descriptors: number;
  readonly files: readonly string[];
  readonly children: readonly unknown[];
}

/** What this process holds, once everything that is on its way out is. */
async function held(): Promise<Held> {
  for (let i = 0; i < 3; i++) await turn();
  return {
    resources: process
      .getActiveResourcesInfo()
      .filter((each) => each !== 'Immediate')
      .toSorted(),
    descriptors: openDescriptors(),
    files: readdirSync(tmpdir()).filter((each) =>
      each.startsWith(`concurrent-futures-${process.pid}-`),
    ),
    children: childrenOf(process.pid),
  };
}

/** The workers of such a pool have one call each. */
async function work(calls: number, last: (pool: ProcessPoolExecutor) => Promise<unknown>) {
  const pool = new ProcessPoolExecutor({ maxWorkers: 2, maxTasksPerChild: 1 });
  const pids = await Promise.all(Array.from({ length: calls }, () => pool.submit(ownPid)));
  await last(pool);
  await pool.shutdown();
  return pids;
}

async function nothing(): Promise<void> {}

async function die(pool: ProcessPoolExecutor): Promise<void> {
  for (let i = 0; i < 5; i++) await pool.submit(exitSaying, 1, '').exception();
}

async function failToStart(): Promise<void> {
  const pool = new ProcessPoolExecutor({ maxWorkers: 2, execPath: '/nowhere/at/all' });
  assert.match(String(await pool.submit(ownPid).exception()), /nowhere/);
  await pool.shutdown();
}

test('workers that have done their call leave nothing behind', async () => {
  await work(3, nothing);
  const before = await held();
  assert.deepEqual([before.files, before.children], [[], []]);
  const pids = await work(WORKERS, nothing);
  assert.equal(new Set(pids).size, WORKERS);
  assert.deepEqual(
    pids.filter((pid) => !isGone(pid)),
    [],
  );
  assert.deepEqual(await held(), before);
});

test('nor do workers that die', async () => {
  await work(3, die);
  const before = await held();
  await work(3, die);
  assert.deepEqual(await held(), before);
});

test('nor do those that can not even be started', async (t) => {
  const warnings = new WarningLog(t);
  await failToStart();
  const before = await held();
  for (let i = 0; i < 20; i++) await failToStart();
  assert.deepEqual(await held(), before);
  assert.deepEqual(warnings.seen, [], 'a pool that can not start a worker is not broken');
});
