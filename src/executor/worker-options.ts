/**
 * Options that kinds of workers have beyond those of every pool. They stand here and not with the pools, because an
 * `InlineExecutor` takes them all.
 */
import type { ResourceLimits } from 'node:worker_threads';
import { checkObject, checkPath, checkStrings, choice } from '../util/option-checks.ts';
import type { OptionTable } from '../util/option-table.ts';
import type { PoolOptions } from './pool-options.ts';

export interface ThreadPoolOptions extends PoolOptions {
  /** Environment variables of the workers. Default: a copy of this thread's. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Node options of the workers. Default: those of this thread. */
  readonly execArgv?: readonly string[] | undefined;
  /** Limits of each worker's heap and stack; a worker that exceeds them dies, and its call fails. */
  readonly resourceLimits?: ResourceLimits | undefined;
}

export interface ProcessPoolOptions extends PoolOptions {
  /** Environment variables of the workers. Default: this process's. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** The folder in which workers start. Default: this process's. */
  readonly cwd?: string | undefined;
  /** Node options of the workers. Default: those of this process, without those for debugging. */
  readonly execArgv?: readonly string[] | undefined;
  /** The program that workers run. Default: this process's, Node. */
  readonly execPath?: string | undefined;
  /**
   * Who hands out calls and takes in outcomes. `'event-loop'` (default): this thread, whenever its event
   * loop has a turn. `'thread'`: a thread beside it, as in Python; calls then go out and come in while
   * this one computes, and `resultSync()` works. Each call costs about 20 µs more.
   */
  readonly manager?: 'event-loop' | 'thread' | undefined;
}

export const threadTable = {
  env: { check: checkObject, default: undefined },
  execArgv: { check: checkStrings, default: undefined },
  resourceLimits: { check: checkObject, default: undefined },
} satisfies OptionTable<Omit<ThreadPoolOptions, keyof PoolOptions>>;

export const processTable = {
  env: { check: checkObject, default: undefined },
  execArgv: { check: checkStrings, default: undefined },
  cwd: { check: checkPath, default: undefined },
  execPath: { check: checkPath, default: undefined },
  manager: { check: choice('event-loop', 'thread'), default: 'event-loop' },
} satisfies OptionTable<Omit<ProcessPoolOptions, keyof PoolOptions>>;
