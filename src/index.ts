/**
 * `concurrent-futures`: Python's `concurrent.futures` for TypeScript. Executors run functions in threads, in processes
 * and in the event loop; a {@link Future} is the outcome of a call.
 *
 * @example
 * ```ts
 * import { ThreadPoolExecutor } from 'concurrent-futures';
 *
 * await using pool = new ThreadPoolExecutor();
 * console.log(await pool.submit((a: number, b: number) => a + b, 40, 2)); // 42
 * ```
 *
 * @module
 */
// Values first, then types, each name from one place.
export {
  BrokenExecutor,
  BrokenProcessPool,
  BrokenThreadPool,
  CancelledError,
  DeadlockError,
  ExecutorError,
  InvalidStateError,
  PicklingError,
  RemoteError,
  ShutdownError,
  TimeoutError,
} from './errors.ts';
export { Future } from './future/future.ts';
export { asCompleted } from './future/as-completed.ts';
export { ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION, wait } from './future/wait.ts';
export { registerErrorClass } from './codec/error-classes.ts';
export { transfer } from './codec/transfer.ts';
export { describe } from './functions/describe.ts';
export { task } from './functions/task.ts';
export { currentExecutor } from './current-executor.ts';
export { currentSignal } from './current-signal.ts';
export { Executor } from './executor/executor.ts';
export { InlineExecutor } from './inline/inline-executor.ts';
export { ThreadPoolExecutor } from './thread/thread-pool-executor.ts';
export { ProcessPoolExecutor } from './process/process-pool-executor.ts';

export type { ErrorCode, WorkerDeath } from './errors.ts';
export type { WaitOptions } from './future/waiter.ts';
export type { CompletedFutures } from './future/as-completed.ts';
export type { CapturedOutput } from './future/captured-output.ts';
export type { FutureState } from './future/future-state.ts';
export type { DoneAndNotDone, ReturnWhen } from './future/wait.ts';
export type { CaptureDescription, FunctionDescription } from './functions/describe.ts';
export type { ModuleCalls } from './functions/module.ts';
export type { CallOptions, Transferable } from './executor/call-options.ts';
export type { IterablesOf, ShutdownOptions } from './executor/executor.ts';
export type { MapResults } from './executor/map.ts';
export type { PoolOptions } from './executor/pool-options.ts';
export type { ExecutorStats } from './executor/stats.ts';
export type { InlineOptions } from './inline/inline-executor.ts';
export type { ProcessPoolOptions, ThreadPoolOptions } from './executor/worker-options.ts';
