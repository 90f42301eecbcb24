/** Options that all pools of workers share; validated here and nowhere deeper. */
import { availableParallelism } from 'node:os';
import { PicklingError } from '../errors.ts';
import { checkArray, checkString, choice } from '../util/option-checks.ts';
import type { OptionTable, Resolved } from '../util/option-table.ts';
import { checkCount, checkFunction, checkTimeout, invalidValue, reason } from '../util/validate.ts';

/** The options that pools of threads and processes and an `InlineExecutor` share. */
export interface PoolOptions {
  /**
   * The largest number of workers. They are started as calls need them. A pool of threads has at most 511, a pool of
   * processes 1024. Python's counterpart is `max_workers`.
   *
   * @default os.availableParallelism()
   */
  readonly maxWorkers?: number | undefined;
  /**
   * The first part of the names of workers, which are `<threadNamePrefix>_<n>`. By default it is the name of the class
   * and a counter, such as `ThreadPoolExecutor-0`. Python's counterpart is `thread_name_prefix`.
   */
  readonly threadNamePrefix?: string | undefined;
  /**
   * A function that each worker calls once before its first call, and whose promise it awaits. If it fails, the pool is
   * broken (`ERR_INITIALIZER`). By default there is none.
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'concurrent-futures';
   *
   * await using pool = new ThreadPoolExecutor({
   *   initializer: (place: string) => void (process.env['PLACE'] = place),
   *   initArgs: ['harbour'],
   * });
   * console.log(await pool.submit(() => process.env['PLACE'])); // harbour
   * ```
   */
  readonly initializer?: ((...args: never[]) => unknown) | undefined;
  /**
   * The arguments of `initializer`. They are copied by `structuredClone()` when the executor is made. Python's
   * counterpart is `initargs`.
   *
   * @default []
   */
  readonly initArgs?: readonly unknown[] | undefined;
  /**
   * The number of calls after which a worker ends and is replaced. By default workers do not end before their pool.
   * Python's counterpart is `max_tasks_per_child`.
   */
  readonly maxTasksPerChild?: number | undefined;
  /**
   * The effect of the death of a worker. `'replace'`: the call that it ran fails, and the pool continues. `'break'`:
   * all calls fail and the pool is broken (`ERR_POOL_BROKEN`), as in Python.
   *
   * @default 'replace'
   */
  readonly onWorkerDeath?: 'replace' | 'break' | undefined;
  /**
   * The functions that may be submitted. `'auto'`: any. `'reference'`: only functions that a worker can import; another
   * one fails its call (`ERR_NOT_REACHABLE`), and no code and no captured variable is ever copied.
   *
   * @default 'auto'
   */
  readonly functions?: 'auto' | 'reference' | undefined;
  /**
   * The time in milliseconds within which a worker must be ready, its initializer included, and within which a worker
   * must have imported the module of a function. Time during which this thread is blocked does not count.
   *
   * A worker that is late is ended: with an initializer the pool is broken (`ERR_INITIALIZER`); without one, calls that
   * wait fail (`ERR_WORKER_START`) if no other worker is ready.
   *
   * @default 30_000
   */
  readonly startTimeout?: number | undefined;
}

/** @param most - how many workers this kind of pool can have. */
export function poolTable(most: number) {
  return {
    maxWorkers: {
      check(name: string, value: unknown): void {
        checkCount(name, value);
        if (Number(value) > most) throw invalidValue(name, `at most ${most}`, value);
      },
      get default(): number {
        return Math.min(most, availableParallelism());
      },
    },
    /** '': the class and a counter. */
    threadNamePrefix: { check: checkString, default: '' },
    initializer: { check: checkFunction, default: undefined },
    initArgs: { check: checkArray, default: [] },
    /** 0: never. */
    maxTasksPerChild: { check: checkCount, default: 0 },
    onWorkerDeath: { check: choice('replace', 'break'), default: 'replace' },
    functions: { check: choice('auto', 'reference'), default: 'auto' },
    startTimeout: { check: checkStartTimeout, default: 30_000 },
  } as const satisfies OptionTable<PoolOptions>;
}

type ResolvedPoolOptions = Resolved<PoolOptions, ReturnType<typeof poolTable>>;

/** {@link PoolOptions} with everything filled in. */
export interface PoolSettings extends Omit<ResolvedPoolOptions, 'initializer' | 'initArgs'> {
  readonly initializer:
    | { readonly fn: (...args: never[]) => unknown; readonly args: unknown[] }
    | undefined;
}

/**
 * @param prefix - the default of `threadNamePrefix`.
 * @throws PicklingError if `initArgs` can't be sent to a worker.
 */
export function poolSettings(resolved: ResolvedPoolOptions, prefix: string): PoolSettings {
  const { initializer, initArgs, threadNamePrefix, ...others } = resolved;
  return {
    ...others,
    threadNamePrefix: threadNamePrefix === '' ? prefix : threadNamePrefix,
    initializer:
      initializer === undefined ? undefined : { fn: initializer, args: snapshot(initArgs) },
  };
}

function checkStartTimeout(name: string, value: unknown): void {
  checkTimeout(name, value);
  if (value === 0) throw invalidValue(name, 'more than 0 milliseconds', 0);
}

/** Copied now, so that every worker gets the same whenever it starts. */
function snapshot(initArgs: readonly unknown[]): unknown[] {
  try {
    return structuredClone([...initArgs]);
  } catch (cause) {
    throw new PicklingError(
      `initArgs can't be sent to a worker: ${reason(cause)} Pass plain data.`,
      {
        cause,
      },
    );
  }
}
