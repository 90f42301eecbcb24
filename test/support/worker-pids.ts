/** The processes of a pool's workers. */
import type { TestContext } from 'node:test';
import type { ProcessPoolExecutor } from 'concurrent-futures';
import { pidAt } from '../fixtures/process-tasks.ts';
import { makeGate } from './held.ts';

/** Starts `count` workers, the pool's maximum. @returns their ids. */
export async function startWorkers(
  t: TestContext,
  pool: ProcessPoolExecutor,
  count: number,
): Promise<number[]> {
  const gate = makeGate(t);
  const pids = Array.from({ length: count }, () => pool.submit(pidAt, gate.address));
  // Each call holds its worker, so there are as many workers as calls.
  await gate.whenArrived(count);
  gate.open();
  return Promise.all(pids);
}
