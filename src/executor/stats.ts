/** What `executor.stats()` tells. */
export interface ExecutorStats {
  readonly maxWorkers: number;
  /** Workers that exist: starting, idle or busy. */
  readonly workers: number;
  /** Workers with nothing to do. */
  readonly idle: number;
  /** Calls that have not begun. */
  readonly pending: number;
  /** Calls that are being executed. */
  readonly running: number;
  /** Calls that have returned a value, since the executor was made. */
  readonly completed: number;
  /** Calls that have failed: what the task threw, a value that can't travel, a worker's death. */
  readonly failed: number;
  readonly cancelled: number;
}
