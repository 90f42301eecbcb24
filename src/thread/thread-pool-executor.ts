/** The public class: an executor over worker threads and shared memory. */
import type { ResourceLimits } from 'node:worker_threads';
import { BrokenThreadPool } from '../errors.ts';
import { type CallOptions, noOptions, resolveCallOptions } from '../executor/call-options.ts';
import { Executor, type IterablesOf, type ShutdownOptions } from '../executor/executor.ts';
import { MapResults } from '../executor/map.ts';
import { notCallable } from '../executor/not-callable.ts';
import { Pool } from '../executor/pool.ts';
import { poolOptionNames, type PoolOptions, resolvePoolOptions } from '../executor/pool-options.ts';
import type { ExecutorStats } from '../executor/stats.ts';
import { limitCall } from '../executor/time-limit.ts';
import type { Future } from '../future/future.ts';
import { type ModuleCalls, moduleCalls } from '../functions/module.ts';
import type { FunctionReference } from '../protocol/messages.ts';
import { checkOptions, invalidType } from '../util/validate.ts';
import { MAX_LANES } from './layout.ts';
import { ThreadTransport } from './thread-transport.ts';

export interface ThreadPoolOptions extends PoolOptions {
  /** Environment variables of the workers. Default: a copy of this thread's. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Node options of the workers. Default: those of this thread. */
  readonly execArgv?: readonly string[] | undefined;
  /** Limits of each worker's heap and stack; a worker that exceeds them dies, and its call fails. */
  readonly resourceLimits?: ResourceLimits | undefined;
}

/** What the views of one pool share. The pool lives as long as one of them is in use. */
interface Shared {
  readonly pool: Pool;
  readonly transport: ThreadTransport;
  /** The executor that was constructed: views keep it, so that it is not collected before them. */
  readonly owner: WeakKey | undefined;
}

let pools = 0;

/**
 * A pool that nobody can reach any more takes no further calls: what was submitted completes, then
 * its workers end. Collection is late and not certain, so this is a safety net and no substitute
 * for `shutdown()`.
 */
const forgotten = new FinalizationRegistry<Pool>((pool) => void pool.shutdown({ wait: false }));

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
export class ThreadPoolExecutor extends Executor {
  readonly #shared: Shared;
  readonly #options: CallOptions;

  /** @throws TypeError, RangeError, PicklingError naming the option that is wrong. */
  constructor(options?: ThreadPoolOptions);
  /** @internal A view of a pool. */
  constructor(options: CallOptions, shared: Shared);
  constructor(options: ThreadPoolOptions & CallOptions = {}, shared?: Shared) {
    super();
    if (shared !== undefined) {
      this.#shared = shared;
      this.#options = options;
      return;
    }
    checkThreadOptions(options);
    const settings = resolvePoolOptions(options, `ThreadPoolExecutor-${pools++}`, MAX_LANES);
    let transport: ThreadTransport | undefined;
    const pool = new Pool(
      settings,
      BrokenThreadPool,
      (owner) => (transport = new ThreadTransport(owner, options)),
    );
    this.#shared = { pool, transport: transport as ThreadTransport, owner: undefined };
    this.#options = noOptions;
    forgotten.register(this, pool);
  }

  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>> {
    this.#shared.pool.admit();
    const invalid = notCallable(fn);
    if (invalid !== undefined) return invalid as Future<Awaited<R>>;
    return this.#send(fn, args, false) as Future<Awaited<R>>;
  }

  override map<A extends unknown[], R>(
    fn: (...args: A) => R,
    ...iterables: IterablesOf<A>
  ): MapResults<Awaited<R>> {
    const { pool } = this.#shared;
    const { bufferSize, chunkSize, signal, timeout } = this.#options;
    const unlimited = new ThreadPoolExecutor(noOptions, this.#view());
    pool.admit();
    return new MapResults(
      {
        submitOne: (args) => unlimited.submit(fn as (...args: unknown[]) => unknown, ...args),
        submitChunk: (tuples) => unlimited.#submitChunk(fn, tuples),
        lookAhead: 2 * pool.settings.maxWorkers,
      },
      { bufferSize, chunkSize, signal, timeout },
      iterables as Iterable<unknown>[],
    );
  }

  /**
   * The functions that a module exports, as calls on this pool. Works in every runtime and with every
   * bundler, because it leaves nothing to be found out.
   *
   * @param url - where the module is: `new URL('./x.js', import.meta.url)`.
   * @throws TypeError, RangeError if `url` is not an absolute URL.
   * @example `const size = await pool.module<typeof import('./image.js')>(url).measure(path)`
   */
  module<M>(url: string | URL): ModuleCalls<M> {
    return moduleCalls<M>(url, (reference: FunctionReference, args) => {
      this.#shared.pool.admit();
      return this.#send(reference, args, false);
    });
  }

  override with(options: CallOptions): ThreadPoolExecutor {
    return new ThreadPoolExecutor(resolveCallOptions(this.#options, options), this.#view());
  }

  override shutdown(options: ShutdownOptions = {}): Promise<void> {
    checkOptions('options', options, ['wait', 'cancelFutures']);
    return this.#shared.pool.shutdown(options);
  }

  override stats(): ExecutorStats {
    return this.#shared.pool.stats();
  }

  #view(): Shared {
    return { ...this.#shared, owner: this.#shared.owner ?? this };
  }

  #submitChunk(fn: (...args: never[]) => unknown, tuples: unknown[][]): Future<never> {
    this.#shared.pool.admit();
    const invalid = notCallable(fn);
    if (invalid !== undefined) return invalid as Future<never>;
    return this.#send(fn, tuples, true) as Future<never>;
  }

  #send(
    callee: ((...args: never[]) => unknown) | FunctionReference,
    args: unknown[],
    chunk: boolean,
  ): Future<unknown> {
    const options = this.#options;
    const future = this.#shared.transport.send(callee, args, chunk, options.transfer);
    if (options !== noOptions) limitCall(future, options);
    return future;
  }
}

function checkThreadOptions(options: ThreadPoolOptions): void {
  checkOptions('options', options, [...poolOptionNames, 'env', 'execArgv', 'resourceLimits']);
  const { env, execArgv, resourceLimits } = options;
  if (env !== undefined && (typeof env !== 'object' || env === null))
    throw invalidType('env', 'an object', env);
  if (
    execArgv !== undefined &&
    !(Array.isArray(execArgv) && execArgv.every((each) => typeof each === 'string'))
  ) {
    throw invalidType('execArgv', 'an array of strings', execArgv);
  }
  if (
    resourceLimits !== undefined &&
    (typeof resourceLimits !== 'object' || resourceLimits === null)
  ) {
    throw invalidType('resourceLimits', 'an object', resourceLimits);
  }
}
