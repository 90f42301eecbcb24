/** The public class: an executor whose workers are on other machines. */
import { type CallOptions, noOptions } from '../executor/call-options.ts';
import { PoolExecutor, type SharedPool } from '../executor/pool-executor.ts';
import { invalidType } from '../util/validate.ts';
import { ClusterCalls } from './cluster-calls.ts';
import type { ClusterFuture } from './cluster-future.ts';
import {
  type ClusterCallOptions,
  type ClusterOptions,
  itemOptions,
  resolveClusterCallOptions,
  resolveClusterOptions,
} from './cluster-options.ts';
import { resolveServer } from './connection.ts';
import type { HostInfo } from './host-record.ts';

/** What `submit` returns here is known more exactly; a method of its own would be one more frame in each caller's stack. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the class below inherits the method
export interface ClusterExecutor {
  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): ClusterFuture<Awaited<R>>;
}

/**
 * An executor over a queue in Redis or Valkey, from which hosts on any number of machines take calls
 * (`npx concurrent-futures host`). Built on BullMQ, which is an optional peer: `npm install bullmq ioredis`.
 *
 * A call that Redis has acknowledged is run, whatever becomes of this process; its outcome is kept for
 * `resultTtl`, and {@link attach} gets it by the future's `id`. A call may be run more than once if a host dies
 * with it (`onWorkerDeath`). Nothing is connected before the first call. An idle executor does not keep the process
 * alive; pending calls do.
 *
 * @example
 * await using cluster = new ClusterExecutor({ connection: 'redis://10.0.0.5', queue: 'images' });
 * const thumbnail = await cluster.submit(resize, path, 200);
 */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- see the interface
export class ClusterExecutor extends PoolExecutor<ClusterCalls> {
  readonly #options: ClusterCallOptions;

  /** @throws TypeError, RangeError naming the option that is wrong; MissingPeerError. */
  constructor(options?: ClusterOptions);
  /** @internal A view of an executor. */
  constructor(options: ClusterCallOptions, shared: SharedPool<ClusterCalls>);
  constructor(options: object = {}, shared?: SharedPool<ClusterCalls>) {
    const callOptions = shared === undefined ? noOptions : options;
    super(callOptions, shared ?? connect(options));
    this.#options = callOptions;
  }

  /**
   * The future of a call that another process has submitted, or this one before it was started anew.
   * Does not block. A call that is not known (any more) fails it with `ERR_UNKNOWN_CALL`.
   *
   * @param id - the `id` of the call's first future.
   * @throws what `submit` throws; TypeError.
   * @example `const report = await cluster.attach(savedId)`
   */
  attach<T = unknown>(id: string): ClusterFuture<T> {
    if (typeof id !== 'string') throw invalidType('id', 'a string', id);
    const { pool } = this.shared;
    pool.admit();
    return pool.attach(id) as ClusterFuture<T>;
  }

  /**
   * The hosts that serve the queue at this moment, by name: what each has told of itself last, which it does three times
   * in a lease. Asks Redis, on a connection of its own.
   *
   * @throws BrokenCluster if Redis can't be used, or not within `connectTimeout`.
   * @example
   * for (const { name, workers, calls } of await cluster.hosts()) console.log(name, `${calls} calls, ${workers} workers`);
   */
  hosts(): Promise<HostInfo[]> {
    return this.shared.pool.hosts();
  }

  override with(options: ClusterCallOptions): ClusterExecutor {
    return this.view(resolveClusterCallOptions(this.#options, options));
  }

  protected override view(options: CallOptions): ClusterExecutor {
    return new ClusterExecutor(options, this.shared);
  }

  protected override newFuture(): ClusterFuture<never> {
    return this.shared.pool.newFuture(this.#options);
  }

  protected override get itemView(): ClusterExecutor {
    const options = itemOptions(this.#options);
    return options === this.#options ? this : this.view(options);
  }
}

function connect(options: ClusterOptions): SharedPool<ClusterCalls> {
  const settings = resolveClusterOptions(options);
  const pool = new ClusterCalls(resolveServer(settings.connection), settings);
  return { pool, transport: pool, owner: undefined };
}
