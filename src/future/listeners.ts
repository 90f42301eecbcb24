/**
 * All listeners of a future's outcome: waiters, then the promise, then callbacks.
 *
 * A separate object, made for the first listener: most futures of a burst settle before they have one, and should stay
 * as small as possible.
 */
import { inspect } from 'node:util';
import { warn } from '../events/warnings.ts';
import { isThenable } from '../util/thenable.ts';
import type { Future } from './future.ts';
import type { Waiter } from './waiter.ts';

export type DoneCallback = (future: Future<unknown>) => unknown;

export class Listeners {
  #promise: Promise<unknown> | undefined = undefined;
  #resolve: ((value: unknown) => void) | undefined = undefined;
  #reject: ((error: unknown) => void) | undefined = undefined;
  #waiters: Waiter[] | undefined = undefined;
  #callbacks: { readonly call: DoneCallback }[] | undefined = undefined;

  get promise(): Promise<unknown> {
    this.#promise ??= new Promise<unknown>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    return this.#promise;
  }

  /** True if a listener receives a failure. */
  get reads(): boolean {
    return (
      this.#promise !== undefined ||
      (this.#callbacks?.length ?? 0) > 0 ||
      (this.#waiters?.some((waiter) => waiter.passive !== true) ?? false)
    );
  }

  addWaiter(waiter: Waiter): void {
    (this.#waiters ??= []).push(waiter);
  }

  removeWaiter(waiter: Waiter): void {
    const index = this.#waiters?.indexOf(waiter) ?? -1;
    if (index >= 0) this.#waiters?.splice(index, 1);
  }

  /** @returns a function that removes the callback again. The same function may be added many times. */
  addCallback(call: DoneCallback): () => void {
    const callbacks = (this.#callbacks ??= []);
    const entry = { call };
    callbacks.push(entry);
    return () => {
      const index = callbacks.indexOf(entry);
      if (index >= 0) callbacks.splice(index, 1);
    };
  }

  /** Notifies all listeners, once. @param failure - makes the promise's rejection, if there is a promise. */
  tell(future: Future<unknown>, returned: boolean, outcome: unknown, failure: () => unknown): void {
    for (const waiter of this.#waiters ?? []) waiter.futureDone(future);
    if (returned) this.#resolve?.(outcome);
    else this.#reject?.(failure());
    // Removed one by one, because a callback may remove itself or others.
    const callbacks = this.#callbacks ?? [];
    for (let next = callbacks.shift(); next !== undefined; next = callbacks.shift()) {
      runCallback(future, next.call);
    }
  }
}

/** Runs a callback. If it fails, now or later, that is reported, and nothing else is affected. */
export function runCallback(future: Future<unknown>, call: DoneCallback): void {
  const report = (error: unknown): void =>
    warn('CF_CALLBACK_FAILED', `A done-callback of ${inspect(future)} failed.`, error);
  try {
    const result = call(future);
    if (isThenable(result)) result.then(undefined, report);
  } catch (error) {
    report(error);
  }
}
