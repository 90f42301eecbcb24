/**
 * The numbers that `executor.stats()` returns. A chunk of a `map()` is one call.
 *
 * A `ClusterExecutor` counts its own calls only, and has 0 workers, since workers belong to hosts.
 */
export interface ExecutorStats {
  /** The largest number of workers. */
  readonly maxWorkers: number;
  /** The number of workers that exist: starting, idle, busy or ending. */
  readonly workers: number;
  /** The number of workers that are ready and have no call. */
  readonly idle: number;
  /** The number of calls that have not begun. */
  readonly pending: number;
  /** The number of calls that run. */
  readonly running: number;
  /** The number of calls that have returned a value since the executor was made. */
  readonly completed: number;
  /** The number of calls that have failed since the executor was made. */
  readonly failed: number;
  /** The number of calls that were cancelled since the executor was made. */
  readonly cancelled: number;
}
