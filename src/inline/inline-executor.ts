/** The public class: an executor that runs its tasks in the caller's own event loop. */
import { BrokenExecutor, DeadlockError } from '../errors.ts';
import {
  Executor,
  type IterablesOf,
  readShutdownOptions,
  type ShutdownOptions,
  turnAway,
} from '../executor/executor.ts';
import { notCallable } from '../executor/not-callable.ts';
import type { MapResults } from '../executor/map.ts';
import { Pool } from '../executor/pool.ts';
import { poolSettings, poolTable } from '../executor/pool-options.ts';
import {
  type ProcessPoolOptions,
  processTable,
  type ThreadPoolOptions,
  threadTable,
} from '../executor/worker-options.ts';
import type { ExecutorStats } from '../executor/stats.ts';
import type { Future } from '../future/future.ts';
import { type OptionTable, resolveOptions } from '../util/option-table.ts';
import { InlineBackend } from './inline-backend.ts';

/**
 * The options of all pools, so that one executor can stand in for another. Each is checked as there.
 *
 * `maxWorkers`, `threadNamePrefix`, `initializer`, `initArgs` and `startTimeout` do what they do in a pool; the
 * initializer runs once for each of the `maxWorkers` workers, in this thread. The others are about threads, processes
 * and functions on their way there, and make no difference: `maxTasksPerChild`, `onWorkerDeath`, `functions`, `env`,
 * `execArgv`, `resourceLimits`, `cwd`, `execPath`, `manager`.
 */
export interface InlineOptions extends ThreadPoolOptions, ProcessPoolOptions {}

const table = {
  ...poolTable(Number.MAX_SAFE_INTEGER),
  ...threadTable,
  ...processTable,
} satisfies OptionTable<InlineOptions>;

let executors = 0;

/**
 * An executor that runs its tasks in the caller's own event loop, at most `maxWorkers` at a time: for debugging, for
 * tests, and to limit the number of asynchronous tasks, as `p-limit` does.
 *
 * A task never runs inside `submit()`. Arguments and results are passed as they are and not copied. A call that a task
 * submits does not count for `maxWorkers`. `resultSync()` of its futures throws a `DeadlockError`.
 *
 * @example
 * ```ts
 * import { InlineExecutor } from 'concurrent-futures';
 *
 * let running = 0;
 * let most = 0;
 * const download = async (url: string): Promise<string> => {
 *   most = Math.max(most, ++running);
 *   await new Promise(setImmediate);
 *   running--;
 *   return url;
 * };
 *
 * await using pool = new InlineExecutor({ maxWorkers: 2 });
 * const pages = await pool.map(download, ['/a', '/b', '/c', '/d']).toArray();
 * console.log(pages.length, most); // 4 2
 * ```
 */
export class InlineExecutor extends Executor {
  readonly #pool: Pool;
  readonly #backend: InlineBackend;

  /**
   * Creates an executor. Nothing runs before the first call.
   *
   * @throws `TypeError` or `RangeError` if an option is wrong; `PicklingError` if `initArgs` can't be copied.
   */
  constructor(options: InlineOptions = {}) {
    super();
    const resolved = resolveOptions(options, table);
    const settings = poolSettings(resolved, `InlineExecutor-${executors++}`);
    let backend: InlineBackend | undefined;
    this.#pool = new Pool(
      settings,
      BrokenExecutor,
      (pool) => (backend = new InlineBackend(pool, this)),
    );
    this.#backend = backend as unknown as InlineBackend;
  }

  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>> {
    this.#pool.admit();
    const future =
      notCallable(fn) ?? this.#backend.send(fn as (...args: unknown[]) => unknown, args);
    return future as Future<Awaited<R>>;
  }

  /** @internal */
  override [turnAway](): void {
    this.#pool.admit();
    this.#pool.refused('cancelled');
  }

  override map<A extends unknown[], R>(
    fn: (...args: A) => R,
    ...iterables: IterablesOf<A>
  ): MapResults<Awaited<R>> {
    this.#pool.admit();
    return super.map(fn, ...iterables);
  }

  override shutdown(options?: ShutdownOptions): Promise<void> {
    const { wait, cancelFutures } = readShutdownOptions(options);
    const closed = this.#pool.shutdown({ wait, cancelFutures });
    if (!wait || !this.#backend.isInsideTask()) return closed;
    return Promise.reject(
      new DeadlockError(
        'A task waits for the shutdown of its own executor, which waits for the task. Use shutdown({ wait: false }).',
      ),
    );
  }

  override stats(): ExecutorStats {
    return this.#pool.stats();
  }
}
