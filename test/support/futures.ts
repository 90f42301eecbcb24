/** Futures driven by hand, a maker for each state, and a test whether a promise is pending. */
import { setImmediate as turn } from 'node:timers/promises';
import { Future, type FutureState } from 'concurrent-futures';

export function pending<T = number>(): Future<T> {
  return new Future<T>();
}

export function running<T = number>(): Future<T> {
  const future = new Future<T>();
  future.setRunningOrNotifyCancel();
  return future;
}

export function cancelled<T = number>(reason?: unknown): Future<T> {
  const future = new Future<T>();
  future.cancel(reason);
  return future;
}

export function finished<T>(value: T): Future<T> {
  const future = new Future<T>();
  future.setResult(value);
  return future;
}

/** @param given - the thrown value, possibly `undefined`; without it, an error of its own. */
export function failed<T = number>(...given: [error?: unknown]): Future<T> {
  const future = new Future<T>();
  future.setException(given.length === 0 ? new Error('failed by hand') : given[0]);
  return future;
}

/** Every state a future can be in, and a maker for it. */
export const everyState: readonly {
  readonly name: string;
  readonly state: FutureState;
  readonly make: () => Future<number>;
}[] = [
  { name: 'pending', state: 'pending', make: () => pending() },
  { name: 'running', state: 'running', make: () => running() },
  { name: 'cancelled', state: 'cancelled', make: () => cancelled() },
  { name: 'finished with a value', state: 'finished', make: () => finished(42) },
  { name: 'finished with an error', state: 'finished', make: () => failed() },
];

/** True if `promise` is settled once everything that is ready to run has run. */
export async function isSettled(promise: PromiseLike<unknown>): Promise<boolean> {
  let settled = false;
  const note = (): void => {
    settled = true;
  };
  promise.then(note, note);
  await turn();
  return settled;
}

/** The reason of a rejected promise; an error of our own if it is not rejected. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error('The promise was expected to be rejected.', { cause: value });
}
