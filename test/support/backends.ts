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

/** The common part of the classes: a constructor, and no abstract member. */
declare class SomeExecutor extends Executor {
  constructor(options?: PoolOptions);
  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>;
}

/** Features that not every executor has, and that have tests. */
export type Feature =
  /** A number of workers that the maker of the executor chooses, and `stats()` shows. */
  | 'workers'
  /** Names of workers, available from a future. */
  | 'worker names'
  | 'initializer'
  /** The output of tasks, in this process. */
  | 'output'
  /** Workers begin their calls exactly in the order of submission. */
  | 'order';

export interface TestBackend {
  readonly name: string;
  /** The class that users name or extend. Its name is the default prefix of its workers' names. */
  readonly executorClass: typeof SomeExecutor;
  /** True if arguments and results are copied, and tasks run in a thread or process of their own. */
  readonly isolated: boolean;
  /** The error of a broken pool of this kind. */
  readonly brokenClass: typeof BrokenExecutor;
  /** The features that it does not have, with the reason. */
  readonly lacks?: Readonly<Partial<Record<Feature, string>>>;
  /** Messages report the beginning and the cancellation of its calls. Without it, this thread can read both at once. */
  readonly isRemote?: true;
  /** The environment that a test's program needs to make such an executor. */
  serve?(this: void, t: TestContext): Promise<NodeJS.ProcessEnv>;
  make(options?: PoolOptions): Executor;
  /** An executor that breaks at its first call, if not by an initializer. */
  makeBreaking?(this: void): Executor;
}

/** An executor whose tasks run outside the submitter's thread. */
export interface IsolatedBackend extends TestBackend {
  readonly isolated: true;
  /** True if a thread can block on a future outcome. */
  readonly blocks: boolean;
  make(this: void, options?: PoolOptions): WorkerPool;
}

/** An executor over workers. They can die, each in the ways of its kind. */
export interface WorkerBackend extends IsolatedBackend {
  /** The signals that end a worker, and nothing else with it. */
  readonly signals: readonly NodeJS.Signals[];
  /** Matches the error of a call whose worker ran out of memory. */
  readonly outOfMemory: RegExp;
  /** A pool whose workers have little memory. */
  makeCramped(this: void, options?: PoolOptions): WorkerPool;
}

/** The members of worker pools beyond the contract of all executors. */
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

/** Processes with a dispatcher in a thread. */
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

/** Backends on which a thread can block. */
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
