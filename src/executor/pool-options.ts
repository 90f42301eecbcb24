/** Options that all pools of workers share; validated here and nowhere deeper. */
import { availableParallelism } from 'node:os';
import { PicklingError } from '../errors.ts';
import type { FunctionPolicy } from '../functions/prepare.ts';
import {
  checkCount,
  checkFunction,
  checkOneOf,
  checkTimeout,
  invalidType,
  invalidValue,
  readOptions,
  reason,
} from '../util/validate.ts';

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

/** {@link PoolOptions} with all defaults filled in. */
export interface PoolSettings {
  readonly maxWorkers: number;
  readonly threadNamePrefix: string;
  readonly initializer:
    | { readonly fn: (...args: never[]) => unknown; readonly args: unknown[] }
    | undefined;
  readonly maxTasksPerChild: number;
  readonly onWorkerDeath: 'replace' | 'break';
  readonly functions: FunctionPolicy;
  readonly startTimeout: number;
}

const poolOptionNames: readonly string[] = [
  'maxWorkers',
  'threadNamePrefix',
  'initializer',
  'initArgs',
  'maxTasksPerChild',
  'onWorkerDeath',
  'functions',
  'startTimeout',
];

/** Options that a kind of worker has beyond {@link PoolOptions}, and the check of each. */
type OptionChecks = Readonly<Record<string, (name: string, value: unknown) => void>>;

const startOptions: OptionChecks = { env: checkObject, execArgv: checkArguments };

export const threadOptions: OptionChecks = { ...startOptions, resourceLimits: checkObject };

export const processOptions: OptionChecks = {
  ...startOptions,
  cwd: checkPath,
  execPath: checkPath,
  manager: (name, value) => checkOneOf(name, value, ['event-loop', 'thread']),
};

/** @throws TypeError, RangeError naming the option that is wrong or not known. */
export function readPoolOptions<T extends PoolOptions>(
  options: T | undefined,
  own: OptionChecks,
): T {
  const read = readOptions('options', options, [...poolOptionNames, ...Object.keys(own)]);
  for (const [name, check] of Object.entries(own)) {
    const value = (read as Record<string, unknown>)[name];
    if (value !== undefined) check(name, value);
  }
  return read;
}

/**
 * @param options - as {@link readPoolOptions} returns them.
 * @param prefix - the default of `threadNamePrefix`.
 * @param most - how many workers this kind of pool can have.
 * @throws TypeError, RangeError, PicklingError naming the option that is wrong.
 */
export function resolvePoolOptions(
  options: PoolOptions,
  prefix: string,
  most: number,
): PoolSettings {
  const {
    maxWorkers,
    threadNamePrefix = '',
    initializer,
    initArgs = [],
    onWorkerDeath = 'replace',
    functions = 'auto',
  } = options;
  checkCount('maxWorkers', maxWorkers);
  if (maxWorkers !== undefined && maxWorkers > most)
    throw invalidValue('maxWorkers', `at most ${most}`, maxWorkers);
  checkCount('maxTasksPerChild', options.maxTasksPerChild);
  checkTimeout('startTimeout', options.startTimeout);
  if (options.startTimeout === 0) throw invalidValue('startTimeout', 'more than 0 milliseconds', 0);
  checkOneOf('onWorkerDeath', onWorkerDeath, ['replace', 'break']);
  checkOneOf('functions', functions, ['auto', 'reference']);
  if (typeof threadNamePrefix !== 'string')
    throw invalidType('threadNamePrefix', 'a string', threadNamePrefix);
  if (!Array.isArray(initArgs)) throw invalidType('initArgs', 'an array', initArgs);
  if (initializer !== undefined) checkFunction('initializer', initializer);
  return {
    maxWorkers: maxWorkers ?? Math.min(most, availableParallelism()),
    threadNamePrefix: threadNamePrefix === '' ? prefix : threadNamePrefix,
    initializer:
      initializer === undefined ? undefined : { fn: initializer, args: snapshot(initArgs) },
    maxTasksPerChild: options.maxTasksPerChild ?? 0,
    onWorkerDeath,
    functions,
    startTimeout: options.startTimeout ?? 30_000,
  };
}

function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw invalidType(name, 'an object', value);
}

function checkArguments(name: string, value: unknown): void {
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string'))
    throw invalidType(name, 'an array of strings', value);
}

function checkPath(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw invalidType(name, 'a path', value);
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
