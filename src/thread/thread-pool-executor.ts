/** The public class: an executor over worker threads and shared memory. */
import { BrokenThreadPool } from '../errors.ts';
import { type CallOptions, noOptions } from '../executor/call-options.ts';
import { makePool, PoolExecutor, type SharedPool } from '../executor/pool-executor.ts';
import { poolSettings, poolTable } from '../executor/pool-options.ts';
import { type ThreadPoolOptions, threadTable } from '../executor/worker-options.ts';
import { type OptionTable, resolveOptions } from '../util/option-table.ts';
import { MAX_WORKERS } from './layout.ts';
import { ThreadTransport } from './thread-transport.ts';

const table = {
  ...poolTable(MAX_WORKERS),
  ...threadTable,
} satisfies OptionTable<ThreadPoolOptions>;

let pools = 0;

/**
 * An executor whose workers are threads (`node:worker_threads`). Calls are passed in shared memory.
 *
 * No worker is started before the first call; workers are started as calls need them, and reused. Calls that are
 * pending keep the process alive; an idle pool does not, and uses no CPU. Python's counterpart is `ThreadPoolExecutor`.
 *
 * @example
 * ```ts
 * import { ThreadPoolExecutor } from 'concurrent-futures';
 *
 * function countPrimes(limit: number): number {
 *   let count = 0;
 *   for (let n = 2, d = 2; n < limit; n++) {
 *     for (d = 2; d * d <= n && n % d !== 0; d++);
 *     if (d * d > n) count++;
 *   }
 *   return count;
 * }
 *
 * await using pool = new ThreadPoolExecutor({ maxWorkers: 4 });
 * console.log(await pool.map(countPrimes, [10, 100, 1000]).toArray()); // [ 4, 25, 168 ]
 * ```
 */
export class ThreadPoolExecutor extends PoolExecutor {
  /**
   * Creates a pool. No worker is started before the first call.
   *
   * @throws `TypeError` or `RangeError` if an option is wrong; `PicklingError` if `initArgs` can't be copied.
   */
  constructor(options?: ThreadPoolOptions);
  /** @internal A view of a pool. */
  constructor(options: CallOptions, shared: SharedPool);
  constructor(options: ThreadPoolOptions & CallOptions = {}, shared?: SharedPool) {
    if (shared === undefined) super(noOptions, poolOfThreads(options));
    else super(options, shared);
  }

  override with(options: CallOptions): ThreadPoolExecutor {
    return this.view(this.optionsWith(options));
  }

  protected override view(options: CallOptions): ThreadPoolExecutor {
    return new ThreadPoolExecutor(options, this.shared);
  }
}

function poolOfThreads(options: ThreadPoolOptions): SharedPool {
  const { env, execArgv, resourceLimits, ...others } = resolveOptions(options, table);
  return makePool(
    poolSettings(others, `ThreadPoolExecutor-${pools++}`),
    BrokenThreadPool,
    (pool) => new ThreadTransport(pool, { env, execArgv, resourceLimits }),
  );
}
