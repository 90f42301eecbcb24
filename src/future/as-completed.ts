/**
 * Futures in the order in which they finish.
 *
 * Written by hand and not as an async generator, because a generator awaits the values that it yields
 * and would hand out outcomes instead of futures. For the same reason the consumer gets the futures out
 * of `next()` or `for await`, and never through a promise.
 *
 * The clock starts and the waiters are installed at the call. Finished futures are handed out before
 * the deadline is checked, so a slow consumer still gets everything that was done in time.
 */
import { onAbort } from '../util/abort-listeners.ts';
import { alarm, deadlineIn } from '../util/deadline.ts';
import { Deque } from '../util/deque.ts';
import { readOptions } from '../util/option-table.ts';
import { addWaiter, type Future, peek, removeWaiter } from './future.ts';
import { isDone } from './future-state.ts';
import { distinctFutures, unfinished } from './wait.ts';
import { type Waiter, type WaitOptions, waitTable } from './waiter.ts';

/**
 * The iterator that {@link asCompleted} returns: futures in the order in which they finish.
 *
 * It declares `next()` itself, because TypeScript awaits the element type of the standard interfaces: in
 * `for await (const future of …)`, `future` would have the type of its value.
 */
export interface CompletedFutures<F> extends AsyncIterableIterator<F> {
  /**
   * Waits for the next future that is done.
   *
   * @throws `TimeoutError` or `signal.reason`, once, after all futures that were done in time.
   */
  next(): Promise<IteratorResult<F, undefined>>;
  /** Ends the iteration; the futures that are left continue. */
  return(): Promise<IteratorResult<F, undefined>>;
  /** Returns this iterator. */
  [Symbol.asyncIterator](): CompletedFutures<F>;
}

/**
 * Iterates over futures, of any executors, in the order in which they finish. Does not block.
 *
 * Each future comes once; cancelled ones come, too. Futures that are done already come first. The iterator yields
 * futures and not their values, so it throws no task's error. Leaving the loop does not cancel the calls that are left.
 *
 * @param futures - any iterable of futures. It is read once; duplicates count once.
 * @param options - `timeout` is counted from this call until all futures must be done. When it is over, `next()` yields
 *   all futures that were done in time, then throws `TimeoutError`.
 * @throws `TypeError` if an item is no future; `TypeError` or `RangeError` if an option is wrong.
 * @example
 * ```ts
 * import { asCompleted, Future } from 'concurrent-futures';
 *
 * const [slow, fast] = [new Future<string>(), new Future<string>()];
 * setTimeout(() => fast.setResult('first'), 10);
 * setTimeout(() => slow.setResult('second'), 50);
 * const order: string[] = [];
 * for await (const future of asCompleted([slow, fast])) order.push(await future);
 * console.log(order.join(', ')); // first, second
 * ```
 */
export function asCompleted<F extends Future<unknown>>(
  futures: Iterable<F>,
  options: WaitOptions = {},
): CompletedFutures<F> {
  const read = readOptions('options', options, waitTable);
  return new CompletionIterator(distinctFutures(futures), read);
}

type Taker<F> = {
  resolve: (result: IteratorResult<F, undefined>) => void;
  reject: (error: unknown) => void;
};

class CompletionIterator<F extends Future<unknown>> implements CompletedFutures<F>, Waiter {
  readonly #total: number;
  readonly #pending = new Set<F>();
  readonly #finished = new Deque<F>();
  readonly #takers = new Deque<Taker<F>>();
  readonly #stopAlarm: () => void;
  #stopListening = (): void => {};
  /** The end of the iteration, after the last finished future. Undefined while futures may still finish. */
  #end: 'exhausted' | { readonly error: () => unknown } | undefined = undefined;

  constructor(futures: Set<F>, { timeout, signal }: WaitOptions) {
    this.#total = futures.size;
    for (const future of futures) {
      if (isDone(peek(future))) this.#finished.push(future);
      else this.#pending.add(future);
      addWaiter(future, this);
    }
    const timedOut = (): void => {
      const left = this.#pending.size;
      this.#fail(() => unfinished(left, this.#total));
    };
    const aborted = (): void => this.#fail(() => signal?.reason);
    this.#stopAlarm = timeout === 0 ? () => {} : alarm(deadlineIn(timeout), timedOut);
    if (this.#pending.size === 0) this.#finish();
    else if (signal?.aborted === true) aborted();
    else if (timeout === 0) timedOut();
    else this.#stopListening = onAbort(signal, aborted);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<F, undefined>> {
    const future = this.#finished.shift();
    if (future !== undefined) return Promise.resolve({ value: future, done: false });
    const end = this.#end;
    if (end === 'exhausted') return Promise.resolve({ value: undefined, done: true });
    if (end !== undefined) {
      this.#end = 'exhausted';
      return Promise.reject(end.error());
    }
    return new Promise((resolve, reject) => this.#takers.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<F, undefined>> {
    while (this.#finished.shift() !== undefined);
    this.#detach();
    this.#end = 'exhausted';
    this.#answerTakers();
    return Promise.resolve({ value: undefined, done: true });
  }

  /** @internal Called by the futures. */
  futureDone(done: Future<unknown>): void {
    const future = done as F;
    if (!this.#pending.delete(future)) return;
    const taker = this.#takers.shift();
    if (taker === undefined) this.#finished.push(future);
    else taker.resolve({ value: future, done: false });
    if (this.#pending.size === 0) this.#finish();
  }

  #finish(): void {
    this.#detach();
    this.#end = 'exhausted';
    this.#answerTakers();
  }

  #fail(error: () => unknown): void {
    this.#detach();
    this.#end = { error };
    this.#answerTakers();
  }

  #detach(): void {
    this.#stopAlarm();
    this.#stopListening();
    for (const future of this.#pending) removeWaiter(future, this);
    this.#pending.clear();
  }

  /** Ends all waits for a future: the first one with the error, if there is one. */
  #answerTakers(): void {
    for (let taker = this.#takers.shift(); taker !== undefined; taker = this.#takers.shift()) {
      const end = this.#end;
      if (end === undefined || end === 'exhausted') taker.resolve({ value: undefined, done: true });
      else {
        this.#end = 'exhausted';
        taker.reject(end.error());
      }
    }
  }
}
