/**
 * Somebody who waits for several futures at once.
 *
 * `futureDone` is called once for each future it was added to, synchronously, in the order in which
 * the futures finish, before their promises and callbacks. It must not throw.
 */
import type { Future } from './future.ts';

export interface Waiter {
  /** It only wants to know that the future is done: a failure is still one that nobody has looked at. */
  readonly passive?: boolean;

  futureDone(future: Future<unknown>): void;
}

/** What ends waiting. */
export interface WaitOptions {
  /** Milliseconds; 0 polls once. Default: no limit. */
  readonly timeout?: number | undefined;
  /** Ends the waiting with `signal.reason`. The call itself goes on. */
  readonly signal?: AbortSignal | undefined;
}
