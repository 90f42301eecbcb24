/**
 * The executor whose task the current code belongs to: an inline one is known by the async context, a pool of threads
 * or processes by its worker, which is this thread or process.
 */
import type { Executor } from './executor/executor.ts';
import { inlineExecutorOfTask } from './inline/inline-backend.ts';
import { ownPool } from './executor/own-pool.ts';

/**
 * Returns the executor that runs the current task, so that the task can submit further calls to it; outside of tasks
 * `undefined`. Does not block.
 *
 * A task that awaits such a call leaves its worker free for other calls meanwhile, so nested calls can't use up the
 * workers. A task that blocks on one (`resultSync()`) occupies its worker; if all workers were blocked so for ever, one
 * of the tasks gets a `DeadlockError`. In a worker, the executor has no `stats()`.
 *
 * @example
 * ```ts
 * import { currentExecutor, ThreadPoolExecutor } from 'concurrent-futures';
 *
 * async function sumOfSquares(numbers: number[]): Promise<number> {
 *   const squares = currentExecutor()?.map((n) => n * n, numbers);
 *   return (await squares?.toArray())?.reduce((a, b) => a + b) ?? 0;
 * }
 *
 * await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
 * console.log(await pool.submit(sumOfSquares, [3, 4])); // 25
 * ```
 */
export function currentExecutor(): Executor | undefined {
  return inlineExecutorOfTask() ?? ownPool();
}
