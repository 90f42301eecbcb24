/** The executors on which the suites run. */
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

export interface TestBackend {
  readonly name: string;
  /** What a user of the library extends or names. Its name is the default prefix of its workers' names. */
  readonly executorClass: typeof SomeExecutor;
  /** Whether arguments and results are copied, and tasks run in a thread or process of their own. */
  readonly isolated: boolean;
  /** What a pool of this kind raises when it is broken. */
  readonly brokenClass: typeof BrokenExecutor;
  make(options?: PoolOptions): Executor;
}

/** An executor over workers. They can die, each in the ways of its kind. */
export interface WorkerBackend extends TestBackend {
  readonly isolated: true;
  /** Whether a thread can block on an outcome that is yet to come. */
  readonly blocks: boolean;
  /** The signals that end a worker, and nothing else with it. */
  readonly signals: readonly NodeJS.Signals[];
  /** What is found in the error of a call whose worker ran out of memory. */
  readonly outOfMemory: RegExp;
  make(this: void, options?: PoolOptions): WorkerPool;
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
const managedProcesses: WorkerBackend = {
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
