/** States that a pool of this program shows at once, and a cluster by messages. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Executor, Future } from 'concurrent-futures';
import type { ClusterFuture } from 'concurrent-futures/cluster';
import type { TestBackend } from './backends.js';

/** Resolves when all these calls are running. */
export async function whenRunning(
  { isRemote }: TestBackend,
  ...futures: Future<unknown>[]
): Promise<void> {
  while (isRemote && futures.some(({ state }) => state === 'pending')) await turn();
}

/** Resolves when `count` calls of the executor have been cancelled. */
export async function whenCancelled(
  { isRemote }: TestBackend,
  executor: Executor,
  count: number,
): Promise<void> {
  while (isRemote && executor.stats().cancelled < count) await turn();
}

/** Cancels the call. @returns true if it will never run. */
export function cancelOf(future: Future<unknown>, reason?: unknown): boolean | Promise<boolean> {
  return 'cancelConfirmed' in future
    ? (future as ClusterFuture<unknown>).cancelConfirmed(reason)
    : future.cancel(reason);
}
