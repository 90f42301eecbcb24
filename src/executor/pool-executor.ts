/**
 * The common part of executors whose calls leave the thread: everything but the workers. A subclass makes the pool and
 * its transport, and takes the options of its kind of worker.
 */
import type { BrokenExecutor } from '../errors.ts';
import { beginOutput } from '../future/captured-output.ts';
import { failFuture, Future, noteCallSite } from '../future/future.ts';
import type { Callee, FunctionRegistry } from '../functions/function-registry.ts';
import { type ModuleCalls, moduleCalls } from '../functions/module.ts';
import { captureCallSite, withCallSite } from '../util/call-site.ts';
import { parentChannel } from '../protocol/parent-channel.ts';
import { isStartingWorker } from '../protocol/worker-mark.ts';
import type { Backend } from './backend.ts';
import { type CallOptions, noOptions, resolveCallOptions } from './call-options.ts';
import {
  Executor,
  type IterablesOf,
  readShutdownOptions,
  type ShutdownOptions,
} from './executor.ts';
import { MapResults } from './map.ts';
import { notCallable } from './not-callable.ts';
import { startedByImport } from './import-guard.ts';
import { Pool } from './pool.ts';
import type { PoolSettings } from './pool-options.ts';
import { startedByPreload } from './start-guard.ts';
import type { ExecutorStats } from './stats.ts';
import type { BrokenClass } from './worker-errors.ts';
import { limitCall } from './time-limit.ts';

type AnyFunction = (...args: never[]) => unknown;

/** How calls get to the workers. */
export interface CallSender {
  readonly functions: FunctionRegistry;
  /** Takes a call that was admitted. Everything that is wrong with it fails its future. */
  send(callee: Callee, args: unknown[], chunk: boolean, options: CallOptions): Future<unknown>;
}

/** The backend of a pool, as its executor sees it. */
export interface Transport extends Backend, CallSender {}

/** Decides who may submit, and when the executor has ended: a {@link Pool}, or its counterpart for a cluster. */
export interface CallPool {
  /** @throws BrokenExecutor, or ShutdownError, if no call can be taken. */
  admit(): void;
  /** A call was settled before it was sent: counts it. */
  refused(outcome: 'failed' | 'cancelled'): void;
  shutdown(options: ShutdownOptions): Promise<void>;
  /** The executor can't be reached any more, except by its tasks. */
  forget(): void;
  stats(): ExecutorStats;
  /** The number of calls that `map` keeps outstanding for an async input. */
  readonly lookAhead: number;
}

/** The part that the views of one pool share. The pool lives as long as one of them is in use. */
export interface SharedPool<P extends CallPool = CallPool> {
  readonly pool: P;
  readonly transport: CallSender;
  /** The executor that was constructed: views keep it, so that it is not collected before them. */
  readonly owner: WeakKey | undefined;
}

/** Makes a pool and the transport that is its backend. */
export function makePool(
  settings: PoolSettings,
  brokenClass: BrokenClass<BrokenExecutor>,
  makeTransport: (pool: Pool) => Transport,
): SharedPool<Pool> {
  let transport: Transport | undefined;
  const pool = new Pool(settings, brokenClass, (owner) => (transport = makeTransport(owner)));
  return { pool, transport: transport as Transport, owner: undefined };
}

/**
 * Ends a pool that the program can't reach any more: submitted calls complete, with all calls that their tasks submit,
 * then its workers end. Collection is late and not certain, so this is a safety net and no substitute
 * for `shutdown()`.
 */
const forgotten = new FinalizationRegistry<CallPool>((pool) => pool.forget());

export abstract class PoolExecutor extends Executor {
  readonly #shared: SharedPool;
  readonly #options: CallOptions;
  /** The link of this thread or process to its parent, if it is a worker. */
  readonly #worker = parentChannel();

  /** @internal */
  constructor(options: CallOptions, shared: SharedPool) {
    super();
    this.#shared = shared;
    this.#options = options;
    if (shared.owner === undefined) forgotten.register(this, shared.pool);
  }

  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>> {
    const future = this.#refusal() ?? notCallable(fn) ?? this.#send(fn, args, false, submitEntry);
    return future as Future<Awaited<R>>;
  }

  override map<A extends unknown[], R>(
    fn: (...args: A) => R,
    ...iterables: IterablesOf<A>
  ): MapResults<Awaited<R>> {
    const { pool, transport } = this.#shared;
    const { bufferSize, chunkSize, signal, timeout } = this.#options;
    const unlimited = this.itemView;
    const plain = fn as (...args: unknown[]) => unknown;
    this.#admit();
    signal?.throwIfAborted();
    const callSite = captureCallSite(mapEntry);
    const { functions } = transport;
    const snapshot = typeof fn === 'function' ? functions.take(fn) : undefined;
    const submit = <T>(call: () => T): T =>
      withCallSite(callSite, snapshot === undefined ? call : () => functions.using(snapshot, call));
    return new MapResults(
      {
        submitOne: (args) => submit(() => unlimited.submit(plain, ...args)),
        submitChunk: (tuples) => submit(() => unlimited.#submitChunk(fn, tuples)),
        lookAhead: pool.lookAhead,
        callSite,
      },
      { bufferSize, chunkSize, signal, timeout },
      iterables as Iterable<unknown>[],
    );
  }

  /**
   * Returns an object on which each function that a module exports is a call on this pool. Does not block, and does not
   * import the module here.
   *
   * It works in every runtime and with every bundler, because nothing has to be found out about the function. An export
   * that does not exist fails its call (`ERR_IMPORT`).
   *
   * @param url - the absolute URL of the module: `new URL('./image.js', import.meta.url)`, or `'node:path'`.
   * @throws `TypeError` or `RangeError` if `url` is not an absolute URL. The calls throw as {@link submit}.
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'concurrent-futures';
   *
   * await using pool = new ThreadPoolExecutor();
   * const path = pool.module<typeof import('node:path')>('node:path');
   * console.log(await path.basename('/photos/cat.png')); // cat.png
   * ```
   */
  module<M>(url: string | URL): ModuleCalls<M> {
    return moduleCalls<M>(
      url,
      (fn, args, entry) => this.#refusal() ?? this.#send(fn, args, false, entry),
    );
  }

  abstract override with(options: CallOptions): PoolExecutor;

  override shutdown(options?: ShutdownOptions): Promise<void> {
    return this.#shared.pool.shutdown(readShutdownOptions(options));
  }

  override stats(): ExecutorStats {
    return this.#shared.pool.stats();
  }

  /** This executor's class over the same pool, with other options. */
  protected abstract view(options: CallOptions): PoolExecutor;

  /**
   * The executor through which `map` makes its calls. The options of a `map` are for the iteration as a whole, so its
   * calls are made without them. Without options it is `this`: a subclass may have a submit of its own.
   */
  protected get itemView(): PoolExecutor {
    return this.#options === noOptions ? this : this.view(noOptions);
  }

  /** A future of the kind that `submit` returns, for a call that is not sent. */
  protected newFuture(): Future<never> {
    return new Future();
  }

  /** The options of a view with further options. */
  protected optionsWith(options: CallOptions): CallOptions {
    return resolveCallOptions(this.#options, options);
  }

  /** @internal The part that views share. It keeps this executor alive. */
  protected get shared(): SharedPool {
    return { ...this.#shared, owner: this.#shared.owner ?? this };
  }

  /** @throws BrokenExecutor, ShutdownError, or ExecutorError if the worker is importing a module. */
  #admit(): void {
    this.#shared.pool.admit();
    const importing = this.#worker?.importing;
    if (importing !== undefined) throw startedByImport(importing);
  }

  /**
   * A future that is done, if the call is not to be sent. Decided before the call is read: its arguments may have
   * getters, and the objects that it transfers would be lost.
   */
  #refusal(): Future<unknown> | undefined {
    this.#admit();
    const { signal, captureOutput } = this.#options;
    const isAborted = signal?.aborted === true;
    if (!isAborted && !isStartingWorker()) return undefined;
    const future = this.newFuture();
    if (captureOutput === true) beginOutput(future);
    this.#shared.pool.refused(isAborted ? 'cancelled' : 'failed');
    if (isAborted) future.cancel(signal.reason);
    else failFuture(future, startedByPreload());
    return future;
  }

  #submitChunk(fn: (...args: never[]) => unknown, tuples: unknown[][]): Future<never> {
    const future = this.#refusal() ?? notCallable(fn) ?? this.#send(fn, tuples, true, mapEntry);
    return future as Future<never>;
  }

  /** @param entry - the public function that the caller has called. */
  #send(callee: Callee, args: unknown[], chunk: boolean, entry: AnyFunction): Future<unknown> {
    const options = this.#options;
    const future = this.#shared.transport.send(callee, args, chunk, options);
    // After sending: a worker is busy with the call meanwhile.
    noteCallSite(future, entry);
    if (options !== noOptions) limitCall(future, options);
    return future;
  }
}

// oxlint-disable-next-line typescript/unbound-method -- not to be called: stacks are to begin behind them
const { submit: submitEntry, map: mapEntry } = PoolExecutor.prototype;
