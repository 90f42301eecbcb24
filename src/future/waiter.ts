/**
 * Somebody who waits for several futures at once.
 *
 * `futureDone` is called once for each future it was added to, synchronously, in the order in which
 * the futures finish, before their promises and callbacks. It must not throw.
 */
import type { Future } from './future.ts';

export interface Waiter {
  futureDone(future: Future<unknown>): void;
}
