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

// `submit` has a more exact result here; a method of its own would be one more frame in each caller's stack.
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the class below inherits the method
export interface ClusterExecutor {
  /**
   * Schedules the call `fn(...args)` on the cluster and returns its future. Does not block.
   *
   * Hosts import `fn` by the name of its module. A closure is sent as code, which hosts refuse unless they allow it.
   * Arguments are copied.
   *
   * @throws `ShutdownError` if the executor is shut down; `BrokenCluster` if it could not connect. A mistake in the
   *   call itself (`fn` is no function, an argument can't be sent) fails the future instead.
   */
  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): ClusterFuture<Awaited<R>>;
}

/**
 * An executor that puts calls into a queue in Redis or Valkey, from which hosts on any number of machines take them.
 *
 * Start hosts by `npx concurrent-futures host` or {@link serveCluster}. The queue is built on BullMQ, an optional peer:
 * `npm install bullmq ioredis`.
 *
 * A call that Redis has acknowledged is run even if this process ends; its outcome is kept for `resultTtl`, and
 * {@link attach} gets it by the `id` of the future. If a host dies with a call, the call is run again
 * (`onWorkerDeath`). Nothing is connected before the first call. Calls that are pending keep the process alive; an idle
 * executor does not.
 *
 * @example
 * ```ts check
 * import { ClusterExecutor } from 'concurrent-futures/cluster';
 *
 * await using cluster = new ClusterExecutor({ connection: 'redis://10.0.0.5', queue: 'paths' });
 * const path = cluster.module<typeof import('node:path')>('node:path');
 * console.log(await path.basename('/photos/cat.png')); // cat.png, if the hosts allow node:path
 * ```
 */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- see the interface
export class ClusterExecutor extends PoolExecutor {
  readonly #calls: ClusterCalls;
  readonly #options: ClusterCallOptions;

  /**
   * Creates an executor. Nothing is connected before the first call.
   *
   * @throws `TypeError` or `RangeError` if an option is wrong; `MissingPeerError` if `bullmq` or `ioredis` is not
   *   installed.
   */
  constructor(options?: ClusterOptions);
  /** @internal A view of an executor. */
  constructor(options: ClusterCallOptions, shared: SharedPool<ClusterCalls>);
  constructor(options: object = {}, shared?: SharedPool<ClusterCalls>) {
    const callOptions = shared === undefined ? noOptions : options;
    const taken = shared ?? connect(options);
    super(callOptions, taken);
    this.#calls = taken.pool;
    this.#options = callOptions;
  }

  /**
   * Returns a future of a call that was submitted before, by another process or before a restart. Does not block.
   *
   * If Redis does not have the call, the future fails with an `ExecutorError` (`ERR_UNKNOWN_CALL`).
   *
   * @param id - the `id` of the call's first future.
   * @throws `ShutdownError` and `BrokenCluster`, as {@link submit}; `TypeError` if `id` is no string.
   * @example
   * ```ts check
   * import { ClusterExecutor } from 'concurrent-futures/cluster';
   *
   * await using cluster = new ClusterExecutor();
   * const { id } = cluster.submit(Math.max, 1, 2); // save it, and in another process:
   * console.log(await cluster.attach<number>(id)); // 2
   * ```
   */
  attach<T = unknown>(id: string): ClusterFuture<T> {
    if (typeof id !== 'string') throw invalidType('id', 'a string', id);
    this.#calls.admit();
    return this.#calls.attach(id) as ClusterFuture<T>;
  }

  /**
   * Asks Redis, on a connection of its own, for the hosts that serve the queue, sorted by name. Does not block.
   *
   * A host renews its record three times in a lease, so a host that has died is listed until its lease is over.
   *
   * @throws `BrokenCluster` if Redis can't be used within `connectTimeout`, as a rejection.
   * @example
   * ```ts check
   * import { ClusterExecutor } from 'concurrent-futures/cluster';
   *
   * await using cluster = new ClusterExecutor();
   * for (const { name, workers, calls } of await cluster.hosts())
   *   console.log(`${name}: ${calls} calls, ${workers} workers`);
   * ```
   */
  hosts(): Promise<HostInfo[]> {
    return this.#calls.hosts();
  }

  /**
   * Returns a view of this executor whose calls have these options. The executor itself does not change.
   *
   * @throws `TypeError` or `RangeError` if an option is wrong; `ExecutorError` (`ERR_NOT_IMPLEMENTED`) for `transfer`
   *   and `captureOutput`.
   * @example
   * ```ts check
   * import { ClusterExecutor } from 'concurrent-futures/cluster';
   *
   * await using cluster = new ClusterExecutor();
   * const urgent = cluster.with({ priority: 1, attempts: 3 });
   * console.log(await urgent.submit(Math.max, 1, 2)); // 2
   * ```
   */
  override with(options: ClusterCallOptions): ClusterExecutor {
    return this.view(resolveClusterCallOptions(this.#options, options));
  }

  protected override view(options: CallOptions): ClusterExecutor {
    return new ClusterExecutor(options, { ...this.shared, pool: this.#calls });
  }

  protected override newFuture(): ClusterFuture<never> {
    return this.#calls.newFuture(this.#options);
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
