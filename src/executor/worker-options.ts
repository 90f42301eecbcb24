/**
 * Options that kinds of workers have beyond those of every pool. They stand here and not with the pools, because an
 * `InlineExecutor` takes them all.
 */
import type { ResourceLimits } from 'node:worker_threads';
import { checkObject, checkPath, checkStrings, choice } from '../util/option-checks.ts';
import type { OptionTable } from '../util/option-table.ts';
import type { PoolOptions } from './pool-options.ts';

/** The options of a `ThreadPoolExecutor`. */
export interface ThreadPoolOptions extends PoolOptions {
  /**
   * The environment variables of the workers. Each worker has a copy, which is made when it starts.
   *
   * @default process.env
   */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /**
   * The Node.js options of the workers, such as `['--import', 'tsx']`.
   *
   * @default process.execArgv
   */
  readonly execArgv?: readonly string[] | undefined;
  /**
   * The limits of each worker's heap and stack in MiB, as `node:worker_threads` has them. A worker that exceeds one
   * dies, and its call fails (`ERR_WORKER_DIED`). By default the limits of Node.js hold.
   */
  readonly resourceLimits?: ResourceLimits | undefined;
}

/** The options of a `ProcessPoolExecutor`. */
export interface ProcessPoolOptions extends PoolOptions {
  /**
   * The environment variables of the workers.
   *
   * @default process.env
   */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /**
   * The folder in which workers start.
   *
   * @default process.cwd()
   */
  readonly cwd?: string | undefined;
  /**
   * The Node.js options of the workers, such as `['--import', 'tsx']`. By default they are those of this process,
   * without the ones that debug, watch, test, check or evaluate (`--inspect`, `--watch`, `--test`, `--check`, `--eval`
   * and the like).
   */
  readonly execArgv?: readonly string[] | undefined;
  /**
   * The path of the Node.js program that workers run.
   *
   * @default process.execPath
   */
  readonly execPath?: string | undefined;
  /**
   * The place from which calls are handed out and outcomes are received. `'event-loop'`: this thread, when its event
   * loop has a turn. `'thread'`: a thread of its own, as in Python. Then calls also go out and come in while this
   * thread computes, and `resultSync()` works; each call costs more.
   *
   * @default 'event-loop'
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
