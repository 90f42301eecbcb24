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

export interface PoolOptions {
  /** How many workers there may be. They are started as calls need them. Default: `os.availableParallelism()`. */
  readonly maxWorkers?: number | undefined;
  /** Workers are named `<threadNamePrefix>_<n>`. Default: the class and a counter, `ThreadPoolExecutor-0`. */
  readonly threadNamePrefix?: string | undefined;
  /** Runs once in each worker before its first call, awaited. If it fails, the pool is broken. */
  readonly initializer?: ((...args: never[]) => unknown) | undefined;
  readonly initArgs?: readonly unknown[] | undefined;
  /** A worker retires after this many calls and is replaced. Default: never. */
  readonly maxTasksPerChild?: number | undefined;
  /**
   * `'replace'` (default): a worker that dies takes its own call with it, and the pool goes on.
   * `'break'`: all calls fail and the pool is not usable any more, which is Python's rule.
   */
  readonly onWorkerDeath?: 'replace' | 'break' | undefined;
  /**
   * `'auto'` (default): every function can be submitted. `'reference'`: only those that a worker can import;
   * no code is ever copied, and no variables with it.
   */
  readonly functions?: FunctionPolicy | undefined;
  /**
   * Milliseconds within which a worker must be ready, initializer included, and the module of a
   * submitted function imported. Time in which this thread is blocked does not count. Default: 30 000.
   */
  readonly startTimeout?: number | undefined;
}

/** {@link PoolOptions} with everything filled in. */
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
