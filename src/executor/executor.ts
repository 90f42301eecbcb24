/**
 * The contract that all executors share, and the part of it that needs nothing but `submit`.
 *
 * A subclass of a user's own has to write `submit`; `map`, `with` and `await using` come with it.
 */
import { ExecutorError } from '../errors.ts';
import { Future } from '../future/future.ts';
import { readOptions } from '../util/validate.ts';
import { type CallOptions, noOptions, resolveCallOptions } from './call-options.ts';
import { runChunk } from './chunk.ts';
import { MapResults } from './map.ts';
import type { ExecutorStats } from './stats.ts';
import { limitCall } from './time-limit.ts';

/** For each parameter of `A`, an iterable of such values. */
export type IterablesOf<A extends unknown[]> = {
  [K in keyof A]: Iterable<A[K]> | AsyncIterable<A[K]>;
};

export interface ShutdownOptions {
  /** Whether the promise waits for pending calls and for the workers' end. Default: true. */
  readonly wait?: boolean | undefined;
  /** Cancels every call that has not begun. Default: false. */
  readonly cancelFutures?: boolean | undefined;
}

/** {@link ShutdownOptions} with both filled in. @throws TypeError naming what is wrong. */
export function readShutdownOptions(options: ShutdownOptions | undefined): {
  readonly wait: boolean;
  readonly cancelFutures: boolean;
} {
  const given = readOptions('options', options, ['wait', 'cancelFutures']);
  const { wait = true, cancelFutures = false } = given;
  return { wait, cancelFutures };
}

/**
 * What an executor does about a call that will not be submitted because its signal is aborted: it throws if it takes no
 * calls, and counts the call. Not needed of an executor of a user's own.
 */
export const turnAway = Symbol('turnAway');

export abstract class Executor implements AsyncDisposable {
  /** @internal */
  [turnAway]?(): void;

  /**
   * Schedules `fn(...args)` and returns its future. Returns at once, whatever the backlog.
   *
   * @throws BrokenExecutor if the executor is broken, else `ShutdownError` if it is shut down.
   *   Everything that is wrong with the call itself (`fn` is no function, an argument can't travel)
   *   fails the future.
   * @example `const value = await executor.submit(resize, path, 200)`
   */
  abstract submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>;

  /**
   * Calls `fn` with items of the iterables, side by side until the shortest ends; results come in
   * input order. All calls are submitted before `map` returns, unless `bufferSize` bounds them or an
   * iterable is async. Options (`chunkSize`, `bufferSize`, `timeout`, `signal`) go through {@link with}.
   *
   * @throws TypeError if an argument can't be iterated; what the input or `submit` throws.
   * @example `for await (const size of executor.map(sizeOf, paths)) total += size`
   */
  map<A extends unknown[], R>(
    fn: (...args: A) => R,
    ...iterables: IterablesOf<A>
  ): MapResults<Awaited<R>> {
    return mapOn(this, noOptions, fn, iterables);
  }

  /**
   * The same executor with options for the calls made through the view that it returns.
   *
   * @throws TypeError, RangeError naming the option that is wrong.
   * @example `executor.with({ timeout: 500 }).submit(parse, text)`
   */
  with(options: CallOptions): Executor {
    return new BoundExecutor(this, resolveCallOptions(noOptions, options));
  }

  /**
   * Takes no further calls; those submitted still complete. May be called any number of times, and
   * from inside a task. Does not block; the promise settles when everything is done (`wait: true`).
   */
  shutdown(_options?: ShutdownOptions): Promise<void> {
    return Promise.resolve();
  }

  /** A frozen record of what the executor has and does at this moment. */
  stats(): ExecutorStats {
    throw new ExecutorError(
      `${this.constructor.name} keeps no statistics: its class does not define stats().`,
      {
        code: 'ERR_NOT_IMPLEMENTED',
      },
    );
  }

  /** `await using pool = …`: `shutdown({ wait: true })`, whether the block ends or throws. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown({ wait: true });
  }
}

// `abstract` makes the compiler ask for `submit`; JavaScript's users find out here.
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

/** How many calls `map` keeps outstanding on an executor that it knows nothing about. */
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

/** A view of any executor with options that need no help from it. */
class BoundExecutor extends Executor {
  readonly #base: Executor;
  readonly #options: CallOptions;

  constructor(base: Executor, options: CallOptions) {
    super();
    if (options.captureOutput === true) {
      throw new ExecutorError(
        `${base.constructor.name} can't capture what its tasks write; pools of threads and processes can.`,
        { code: 'ERR_NOT_IMPLEMENTED' },
      );
    }
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
