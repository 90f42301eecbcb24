/** The executors on which the suites run. */
import type { TestContext } from 'node:test';
import {
  BrokenExecutor,
  BrokenProcessPool,
  BrokenThreadPool,
  type Executor,
  type Future,
  InlineExecutor,
  type PoolOptions,
  ProcessPoolExecutor,
  ThreadPoolExecutor,
} from 'concurrent-futures';

/** What the classes have in common: a constructor, and nothing that is abstract. */
declare class SomeExecutor extends Executor {
  constructor(options?: PoolOptions);
  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>;
}

/** What not every executor has, and the suites have tests of. */
export type Feature =
  /** A number of workers that whoever makes it decides on, and sees in `stats()`. */
  | 'workers'
  /** Names of workers that a future tells. */
  | 'worker names'
  | 'initializer'
  /** The output of tasks, in this process. */
  | 'output'
  /** That a worker begins its calls exactly in the order in which they were submitted. */
  | 'order';

export interface TestBackend {
  readonly name: string;
  /** What a user of the library extends or names. Its name is the default prefix of its workers' names. */
  readonly executorClass: typeof SomeExecutor;
  /** Whether arguments and results are copied, and tasks run in a thread or process of their own. */
  readonly isolated: boolean;
  /** What a pool of this kind raises when it is broken. */
  readonly brokenClass: typeof BrokenExecutor;
  /** What it does not have, and why. */
  readonly lacks?: Readonly<Partial<Record<Feature, string>>>;
  /**
   * It hears of its calls by messages: that one has begun, that one is cancelled. Elsewhere this thread
   * knows at once.
   */
  readonly isRemote?: true;
  /** What a program of a test has to find in its environment, so that it can make such an executor. */
  serve?(this: void, t: TestContext): Promise<NodeJS.ProcessEnv>;
  make(options?: PoolOptions): Executor;
  /** An executor that breaks at its first call, if it is not an initializer that breaks it. */
  makeBreaking?(this: void): Executor;
}

/** An executor whose tasks run elsewhere than in the thread of whoever submits. */
export interface IsolatedBackend extends TestBackend {
  readonly isolated: true;
  /** Whether a thread can block on an outcome that is yet to come. */
  readonly blocks: boolean;
  make(this: void, options?: PoolOptions): WorkerPool;
}

/** An executor over workers. They can die, each in the ways of its kind. */
export interface WorkerBackend extends IsolatedBackend {
  /** The signals that end a worker, and nothing else with it. */
  readonly signals: readonly NodeJS.Signals[];
  /** What is found in the error of a call whose worker ran out of memory. */
  readonly outOfMemory: RegExp;
  /** A pool whose workers have little memory. */
  makeCramped(this: void, options?: PoolOptions): WorkerPool;
}

/** What pools of workers have beyond the contract of all executors. */
export type WorkerPool = Executor & Pick<ThreadPoolExecutor, 'module'>;

export const workerBackends: readonly WorkerBackend[] = [
  {
    name: 'threads',
    executorClass: ThreadPoolExecutor,
    isolated: true,
    brokenClass: BrokenThreadPool,
    blocks: true,
    signals: [],
    outOfMemory: /ERR_WORKER_OUT_OF_MEMORY/,
    make: (options) => new ThreadPoolExecutor(options),
    makeCramped: (options) =>
      new ThreadPoolExecutor({
        ...options,
        resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 },
      }),
  },
  {
    name: 'processes',
    executorClass: ProcessPoolExecutor,
    isolated: true,
    brokenClass: BrokenProcessPool,
    blocks: false,
    signals: ['SIGKILL', 'SIGTERM', 'SIGABRT'],
    outOfMemory: /heap out of memory/,
    make: (options) => new ProcessPoolExecutor(options),
    makeCramped: (options) =>
      new ProcessPoolExecutor({ ...options, execArgv: ['--max-old-space-size=24'] }),
  },
];

/** Processes whose calls a thread hands out. */
export const managedProcesses: WorkerBackend = {
  name: 'managed processes',
  executorClass: ProcessPoolExecutor,
  isolated: true,
  brokenClass: BrokenProcessPool,
  blocks: true,
  signals: ['SIGKILL'],
  outOfMemory: /heap out of memory/,
  make: (options) => new ProcessPoolExecutor({ ...options, manager: 'thread' }),
  makeCramped: (options) =>
    new ProcessPoolExecutor({
      ...options,
      manager: 'thread',
      execArgv: ['--max-old-space-size=24'],
    }),
};

/** Those on which a thread can block. */
export const blockingBackends = [
  ...workerBackends.filter(({ blocks }) => blocks),
  managedProcesses,
];

export const backends: readonly TestBackend[] = [
  ...workerBackends,
  {
    name: 'inline',
    executorClass: InlineExecutor,
    isolated: false,
    brokenClass: BrokenExecutor,
    make: (options) => new InlineExecutor(options),
  },
];
