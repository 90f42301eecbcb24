/**
 * The executor whose task the current code belongs to, whichever kind it is: an inline one is known by
 * the async context, a pool of threads by this thread being its worker.
 */
import type { Executor } from './executor/executor.ts';
import { inlineExecutorOfTask } from './inline/inline-backend.ts';
import { ownPool } from './executor/own-pool.ts';

/**
 * Inside a task: the executor that runs it, for submitting further calls to the same workers.
 * Elsewhere: `undefined`. Does not block.
 *
 * A task that awaits such a call leaves its worker free for others meanwhile, so nesting can't use up
 * the workers. A task that blocks on one (`resultSync`) does occupy its worker; where all of them
 * would be blocked that way for ever, one of them gets a `DeadlockError` instead.
 *
 * @example
 * export const sum = task(import.meta.url, async function sum(tree: Tree): Promise<number> {
 *   const parts = tree.children.map((child) => currentExecutor()?.submit(sum, child));
 *   return tree.value + (await Promise.all(parts)).reduce((a, b) => a + (b ?? 0), 0);
 * });
 */
export function currentExecutor(): Executor | undefined {
  return inlineExecutorOfTask() ?? ownPool();
}
