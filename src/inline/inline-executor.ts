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
import {
  type PoolOptions,
  processOptions,
  readPoolOptions,
  resolvePoolOptions,
  threadOptions,
} from '../executor/pool-options.ts';
import type { ExecutorStats } from '../executor/stats.ts';
import type { Future } from '../future/future.ts';
import { InlineBackend } from './inline-backend.ts';

/**
 * The options of all pools. Those that are about threads and processes (`onWorkerDeath`, `maxTasksPerChild`, `env`,
 * `execArgv`, `resourceLimits`, `cwd`, `execPath`, `manager`) are checked and make no difference here: they are taken so
 * that one executor can stand in for another.
 */
export interface InlineOptions extends PoolOptions {
  readonly env?: unknown;
  readonly execArgv?: unknown;
  readonly resourceLimits?: unknown;
  readonly cwd?: unknown;
  readonly execPath?: unknown;
  readonly manager?: unknown;
}

const standIn = { ...threadOptions, ...processOptions };

let executors = 0;

/**
 * The same contract with nothing between caller and task, at most `maxWorkers` tasks at a time: for
 * debugging, for tests, and for bounded asynchronous concurrency. Arguments and results are passed as
 * they are and not copied. Blocking on its futures is refused, because nothing could run meanwhile.
 *
 * @example
 * await using pool = debugging ? new InlineExecutor() : new ThreadPoolExecutor();
 */
export class InlineExecutor extends Executor {
  readonly #pool: Pool;
  readonly #backend: InlineBackend;

  /** @throws TypeError, RangeError, PicklingError naming the option that is wrong. */
  constructor(options: InlineOptions = {}) {
    super();
    const settings = resolvePoolOptions(
      readPoolOptions(options, standIn),
      `InlineExecutor-${executors++}`,
      Number.MAX_SAFE_INTEGER,
    );
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

  /**
   * {@link Executor.shutdown}. From inside one of its own tasks it does shut down, but the promise is
   * rejected with a `DeadlockError` if it was to wait: the task would wait for itself.
   */
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
