/**
 * What a future asks of the executor that drives it.
 *
 * A future made by hand has no controller: its state is its own. A future of an executor stays PENDING
 * in this thread until its outcome arrives; whether it has begun elsewhere is known to the controller
 * alone, which looks it up where the worker writes it.
 */
import type { Future } from './future.ts';

export interface CallController {
  /** Withdraws the call. True: it will never run. False: it runs, or has run. */
  withdraw(future: Future<unknown>, handle: number): boolean;

  /** Whether the call has begun. */
  begun(handle: number): boolean;

  /**
   * Blocks this thread until the future is done or `timeout` milliseconds are over; throws
   * `DeadlockError` where that could never end.
   */
  block(future: Future<unknown>, timeout: number): void;

  /** The worker that runs the call, or ran it, if there is one yet. */
  workerName(handle: number): string | undefined;
}
