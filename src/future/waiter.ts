/**
 * A wait for several futures at once.
 *
 * `futureDone` is called once for each future it was added to, synchronously, in the order in which
 * the futures finish, before their promises and callbacks. It must not throw.
 */
import type { OptionTable } from '../util/option-table.ts';
import { checkSignal, checkTimeout } from '../util/validate.ts';
import type { Future } from './future.ts';

export interface Waiter {
  /** True if it does not read the outcome: a failure still counts as unread. */
  readonly passive?: boolean;

  futureDone(future: Future<unknown>): void;
}

/** The options of a wait. They end the wait only, and do not change the calls. */
export interface WaitOptions {
  /**
   * The longest wait in milliseconds; with 0 it does not wait.
   *
   * @default Infinity
   */
  readonly timeout?: number | undefined;
  /** Ends the wait with `signal.reason` when it is aborted. By default there is none. */
  readonly signal?: AbortSignal | undefined;
}

export const waitTable = {
  timeout: { check: checkTimeout, default: undefined },
  signal: { check: checkSignal, default: undefined },
} satisfies OptionTable<WaitOptions>;
