/** Helpers of the crash tests for calls whose worker has died. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { BrokenExecutor, Executor, Future } from 'concurrent-futures';
import type { WorkerBackend } from './backends.js';

/** The error of a call that was lost with its worker. Any other outcome fails the test. */
export async function deathOf(
  { brokenClass }: WorkerBackend,
  future: Future<unknown>,
): Promise<BrokenExecutor> {
  const error = await future.exception();
  assert.ok(error instanceof brokenClass, `not a death: ${inspect(error)}`);
  assert.equal(error.code, 'ERR_WORKER_DIED', inspect(error));
  return error;
}

/** Resolves when the pool has no workers left, for any reason. */
export async function allWorkersGone(pool: Executor): Promise<void> {
  while (pool.stats().workers > 0) await turn();
}
