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

export interface ThreadPoolOptions extends PoolOptions {
  /** Environment variables of the workers. Default: a copy of this thread's. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Node options of the workers. Default: those of this thread. */
  readonly execArgv?: readonly string[] | undefined;
  /** Limits of each worker's heap and stack; a worker that exceeds them dies, and its call fails. */
  readonly resourceLimits?: ResourceLimits | undefined;
}

let pools = 0;

/**
 * An executor whose workers are threads (`node:worker_threads`).
 *
 * Nothing is started before the first call; workers are started as calls need them, and reused. An
 * idle pool uses no CPU and does not keep the process alive; pending calls do.
 *
 * @example
 * await using pool = new ThreadPoolExecutor({ maxWorkers: 4 });
 * const thumbnail = await pool.submit(resize, path, 200);
 */
export class ThreadPoolExecutor extends PoolExecutor {
  /** @throws TypeError, RangeError, PicklingError naming the option that is wrong. */
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
