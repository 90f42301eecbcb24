/** The executors on which the conformance suites run. */
import {
  type Executor,
  InlineExecutor,
  type PoolOptions,
  ThreadPoolExecutor,
} from 'concurrent-futures';

export interface TestBackend {
  readonly name: string;
  /** The name that the class gives to `threadNamePrefix` by default, without its counter. */
  readonly className: string;
  /** Whether arguments and results are copied, and tasks run in a thread or process of their own. */
  readonly isolated: boolean;
  make(options?: SharedOptions): Executor;
}

/** What every executor takes. */
export type SharedOptions = Pick<
  PoolOptions,
  'maxWorkers' | 'threadNamePrefix' | 'initializer' | 'initArgs' | 'startTimeout'
>;

export const backends: readonly TestBackend[] = [
  {
    name: 'threads',
    className: 'ThreadPoolExecutor',
    isolated: true,
    make: (options) => new ThreadPoolExecutor(options),
  },
  {
    name: 'inline',
    className: 'InlineExecutor',
    isolated: false,
    make: (options) => new InlineExecutor(options),
  },
];
