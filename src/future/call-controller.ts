/**
 * The interface of a future to the executor that runs its call.
 *
 * A future made by hand has no controller: its state is its own. A future of an executor stays Pending
 * in this thread until its outcome arrives; only the controller can tell if it has begun elsewhere,
 * because it reads that where the worker writes it.
 */
import type { Future } from './future.ts';

export interface CallController {
  /** Withdraws the call. @returns true if it will never run; false if it runs, or has run. */
  withdraw(future: Future<unknown>, handle: number): boolean;

  /** True if the call has begun. */
  begun(handle: number): boolean;

  /**
   * Blocks this thread until the future is done or `timeout` milliseconds are over; throws `DeadlockError` if that
   * could never end.
   */
  block(future: Future<unknown>, timeout: number): void;

  /** The worker that runs the call, or ran it, if one has begun it. */
  workerName(handle: number): string | undefined;
}
