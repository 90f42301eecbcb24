/**
 * concurrent-futures: Python's `concurrent.futures` for TypeScript.
 *
 * General layout: folders are layers, and imports point only to the left (ARCHITECTURE.md has the map).
 *
 *     util -> errors, events -> future, codec, protocol, functions -> executor | worker
 *          -> thread | process | inline
 *
 * This file is the public face of the core: values first, then types, each name from one place.
 */
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
export type { ThreadPoolOptions } from './thread/thread-pool-executor.ts';
export type { ProcessPoolOptions } from './process/process-pool-executor.ts';
