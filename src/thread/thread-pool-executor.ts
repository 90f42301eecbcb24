/** The public class: an executor over worker threads and shared memory. */
import type { ResourceLimits } from 'node:worker_threads';
import { BrokenThreadPool } from '../errors.ts';
import { type CallOptions, noOptions } from '../executor/call-options.ts';
import { makePool, PoolExecutor, type SharedPool } from '../executor/pool-executor.ts';
import {
  type PoolOptions,
  readPoolOptions,
  resolvePoolOptions,
  threadOptions,
} from '../executor/pool-options.ts';
import { MAX_WORKERS } from './layout.ts';
import { ThreadTransport } from './thread-transport.ts';

/** The options of a {@link ThreadPoolExecutor}. */
export interface ThreadPoolOptions extends PoolOptions {
  /**
   * The environment variables of the workers. Each worker has a copy, which is made when it starts.
   *
   * @default process.env
   */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /**
   * The Node.js options of the workers, such as `['--import', 'tsx']`.
   *
   * @default process.execArgv
   */
  readonly execArgv?: readonly string[] | undefined;
  /**
   * The limits of each worker's heap and stack in MiB, as `node:worker_threads` has them. A worker that exceeds one
   * dies, and its call fails (`ERR_WORKER_DIED`). By default the limits of Node.js hold.
   */
  readonly resourceLimits?: ResourceLimits | undefined;
}

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
  const given = readPoolOptions(options, threadOptions);
  const { env, execArgv, resourceLimits } = given;
  const settings = resolvePoolOptions(given, `ThreadPoolExecutor-${pools++}`, MAX_WORKERS);
  return makePool(
    settings,
    BrokenThreadPool,
    (pool) => new ThreadTransport(pool, { env, execArgv, resourceLimits }),
  );
}
