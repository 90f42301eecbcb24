/**
 * The contract that all executors share, and the part of it that is built on `submit` alone.
 *
 * A subclass of a user's own has to define `submit`; it inherits `map`, `with` and `await using`.
 */
import { ExecutorError } from '../errors.ts';
import { Future } from '../future/future.ts';
import { unchecked } from '../util/option-checks.ts';
import { type OptionTable, type Resolved, resolveOptions } from '../util/option-table.ts';
import { type CallOptions, noOptions, resolveCallOptions } from './call-options.ts';
import { runChunk } from './chunk.ts';
import { MapResults } from './map.ts';
import type { ExecutorStats } from './stats.ts';
import { limitCall } from './time-limit.ts';

/** One iterable or async iterable for each parameter of `A`. */
export type IterablesOf<A extends unknown[]> = {
  [K in keyof A]: Iterable<A[K]> | AsyncIterable<A[K]>;
};

/** The options of {@link Executor.shutdown}. */
export interface ShutdownOptions {
  /**
   * True: the promise resolves when all calls are done and the workers have ended. False: it resolves at once.
   *
   * @default true
   */
  readonly wait?: boolean | undefined;
  /**
   * True: every call that has not begun is cancelled.
   *
   * @default false
   */
  readonly cancelFutures?: boolean | undefined;
}

const shutdownTable = {
  wait: { check: unchecked, default: true },
  cancelFutures: { check: unchecked, default: false },
} satisfies OptionTable<ShutdownOptions>;

/** {@link ShutdownOptions} with both filled in. @throws TypeError naming what is wrong. */
export function readShutdownOptions(
  options: ShutdownOptions | undefined,
): Resolved<ShutdownOptions, typeof shutdownTable> {
  return resolveOptions(options, shutdownTable);
}

/**
 * The method for a call that is not submitted because its signal is aborted: it throws if the executor takes no calls,
 * and counts the call. An executor of a user's own does not need it.
 */
export const turnAway = Symbol('turnAway');

/**
 * The contract that all executors share: `submit()` a call, get a {@link Future}.
 *
 * Use a `ThreadPoolExecutor`, a `ProcessPoolExecutor`, an `InlineExecutor` or a `ClusterExecutor`. An executor of one's
 * own extends this class and defines `submit()`; `map()`, `with()` and `await using` are built on it. Python's
 * counterpart is `concurrent.futures.Executor`.
 *
 * @example
 * ```ts
 * import { Executor, Future } from 'concurrent-futures';
 *
 * class NextTurnExecutor extends Executor {
 *   submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>> {
 *     const future = new Future<Awaited<R>>();
 *     setImmediate(async () => {
 *       if (!future.setRunningOrNotifyCancel()) return;
 *       try {
 *         future.setResult(await fn(...args));
 *       } catch (error) {
 *         future.setException(error);
 *       }
 *     });
 *     return future;
 *   }
 * }
 *
 * await using executor = new NextTurnExecutor();
 * console.log(await executor.map(Math.sqrt, [1, 4, 9]).toArray()); // [ 1, 2, 3 ]
 * ```
 */
export abstract class Executor implements AsyncDisposable {
  /** @internal */
  [turnAway]?(): void;

  /**
   * Schedules the call `fn(...args)` and returns its future. Does not block, however many calls wait.
   *
   * `fn` may be any function: one that a module exports is imported by the worker, another one is copied with the
   * variables that it uses. If `fn` returns a promise, the future gets the outcome of the promise.
   *
   * @throws `ShutdownError` if the executor is shut down; `BrokenExecutor` if it is broken; `ExecutorError`
   *   (`ERR_BOOTSTRAP`) if a module submits the call while a worker imports it. A mistake in the call itself (`fn` is no
   *   function, an argument can't be sent) fails the future instead.
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'concurrent-futures';
   *
   * await using pool = new ThreadPoolExecutor();
   * const factor = 3;
   * console.log(await pool.submit((x: number) => x * factor, 14)); // 42
   * ```
   */
  abstract submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>;

  /**
   * Calls `fn` for each item of an iterable, and returns the results in input order. Does not block.
   *
   * Several iterables are read side by side until the shortest ends, an item of each per call. All calls are submitted
   * before `map()` returns, unless `bufferSize` limits them or an iterable is async. `chunkSize`, `bufferSize`,
   * `timeout` and `signal` are given by {@link with}.
   *
   * @throws `TypeError` if an argument is not iterable; `ShutdownError` and `BrokenExecutor`, as {@link submit};
   *   `signal.reason` if the signal is aborted already; the error of an iterable that fails before `map()` returns.
   *   Errors of tasks are thrown by `next()` of the results.
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'concurrent-futures';
   *
   * await using pool = new ThreadPoolExecutor();
   * let total = 0;
   * for await (const length of pool.map((word) => word.length, ['to', 'be', 'or'])) total += length;
   * console.log(total); // 6
   * console.log(await pool.map(Math.pow, [2, 3], [10, 2]).toArray()); // [ 1024, 9 ]
   * ```
   */
  map<A extends unknown[], R>(
    fn: (...args: A) => R,
    ...iterables: IterablesOf<A>
  ): MapResults<Awaited<R>> {
    return mapOn(this, noOptions, fn, iterables);
  }

  /**
   * Returns a view of this executor whose calls have these options. The executor itself does not change.
   *
   * A view shares the workers of its executor, and `shutdown()` of either shuts down both. Options of a view of a view
   * add up; the later one wins.
   *
   * @throws `TypeError` or `RangeError` if an option is wrong; `ExecutorError` (`ERR_NOT_IMPLEMENTED`) if this kind of
   *   executor does not have it.
   * @example
   * ```ts
   * import { ThreadPoolExecutor, TimeoutError } from 'concurrent-futures';
   *
   * await using pool = new ThreadPoolExecutor();
   * const hurried = pool.with({ timeout: 20 });
   * const error = await hurried.submit(() => new Promise((resolve) => setTimeout(resolve, 200))).exception();
   * console.log(error instanceof TimeoutError); // true
   * ```
   */
  with(options: CallOptions): Executor {
    return new BoundExecutor(this, resolveCallOptions(noOptions, options));
  }

  /**
   * Ends the executor: it takes no further calls, and calls that were submitted before still complete. Does not block.
   *
   * It may be called any number of times, and by a task, for which `wait: true` is an error. `await using` calls it.
   *
   * @returns a promise that resolves when all calls are done and the workers have ended, or at once with `wait: false`.
   * @throws `DeadlockError` if a task waits for the shutdown of its own executor, as a rejection; `TypeError` if an
   *   option is wrong.
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'concurrent-futures';
   *
   * const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
   * const futures = ['a', 'b', 'c'].map((text) => pool.submit((t) => t.toUpperCase(), text));
   * await pool.shutdown({ cancelFutures: true });
   * console.log(futures.every((future) => future.done())); // true
   * ```
   */
  shutdown(_options?: ShutdownOptions): Promise<void> {
    return Promise.resolve();
  }

  /**
   * Returns a frozen record of the numbers of workers and calls at this moment. Does not block.
   *
   * @throws `ExecutorError` (`ERR_NOT_IMPLEMENTED`) if the executor keeps no statistics: an executor of one's own that
   *   does not define this method, or the one that `currentExecutor()` returns in a worker.
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'concurrent-futures';
   *
   * await using pool = new ThreadPoolExecutor();
   * await pool.submit(Math.max, 1, 2);
   * const { completed, failed } = pool.stats();
   * console.log(completed, failed); // 1 0
   * ```
   */
  stats(): ExecutorStats {
    throw new ExecutorError(
      `${this.constructor.name} keeps no statistics: its class does not define stats().`,
      {
        code: 'ERR_NOT_IMPLEMENTED',
      },
    );
  }

  /** Calls `shutdown({ wait: true })` at the end of the block of `await using`, also if the block throws. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown({ wait: true });
  }
}

// `abstract` makes the compiler demand `submit`; this error is for programs in JavaScript.
Object.defineProperty(Executor.prototype, 'submit', {
  configurable: true,
  writable: true,
  value(this: Executor): never {
    throw new ExecutorError(
      `${this.constructor.name} can't run anything: its class does not define submit().`,
      {
        code: 'ERR_NOT_IMPLEMENTED',
      },
    );
  },
});

/** The number of outstanding calls of a `map` with async input, on an executor that does not define its own. */
const lookAhead = 16;

function mapOn<A extends unknown[], R>(
  executor: Executor,
  options: CallOptions,
  fn: (...args: A) => R,
  iterables: IterablesOf<A>,
): MapResults<Awaited<R>> {
  const plain = fn as (...args: unknown[]) => unknown;
  return new MapResults(
    {
      submitOne: (args) => executor.submit(plain, ...args),
      submitChunk: (tuples) => executor.submit(runChunk, plain, tuples),
      lookAhead,
    },
    options,
    iterables as Iterable<unknown>[],
  );
}

/** @throws ExecutorError if the options ask for captured output, which this kind of executor does not have. */
export function refuseCapture(executor: Executor, { captureOutput }: CallOptions): void {
  if (captureOutput !== true) return;
  throw new ExecutorError(
    `${executor.constructor.name} can't capture what its tasks write; a pool of threads or processes can, for calls that are made outside of its tasks.`,
    { code: 'ERR_NOT_IMPLEMENTED' },
  );
}

/** A view of any executor with options that need no help from it. */
class BoundExecutor extends Executor {
  readonly #base: Executor;
  readonly #options: CallOptions;

  constructor(base: Executor, options: CallOptions) {
    super();
    refuseCapture(base, options);
    this.#base = base;
    this.#options = options;
  }

  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>> {
    const { signal } = this.#options;
    if (signal?.aborted === true) {
      this.#base[turnAway]?.();
      const future = new Future<Awaited<R>>();
      future.cancel(signal.reason);
      return future;
    }
    const future = this.#base.submit(fn, ...args);
    limitCall(future, this.#options);
    return future;
  }

  override map<A extends unknown[], R>(
    fn: (...args: A) => R,
    ...iterables: IterablesOf<A>
  ): MapResults<Awaited<R>> {
    return mapOn(this.#base, this.#options, fn, iterables);
  }

  override with(options: CallOptions): Executor {
    return new BoundExecutor(this.#base, resolveCallOptions(this.#options, options));
  }

  override shutdown(options?: ShutdownOptions): Promise<void> {
    return this.#base.shutdown(options);
  }

  override stats(): ExecutorStats {
    return this.#base.stats();
  }
}
