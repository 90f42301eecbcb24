/**
 * `map`: calls submitted ahead, results taken in input order.
 *
 *     iterables --zip--> chunks --submit--> #outstanding (futures, in order) --next()--> #ready (outcomes)
 *
 * At most `bufferSize` calls are outstanding at any time: the next one is submitted when the one at
 * the head has finished and been taken off, not before. Without a bound, sync input is submitted
 * whole before `map` returns, as in Python; async input is always pulled as results are taken.
 *
 * When the input or a `submit` fails half-way, what was submitted is still handed out, and the
 * failure comes in its place behind it. A task's own error is thrown by the `next()` that reaches it
 * and does not end the iteration.
 */
import { TimeoutError } from '../errors.ts';
import {
  addWaiter,
  type Future,
  ignoreOutcome,
  peek,
  peekOutcome,
  removeWaiter,
} from '../future/future.ts';
import { FINISHED, isDone } from '../future/future-state.ts';
import type { Waiter } from '../future/waiter.ts';
import type { CallSite } from '../util/call-site.ts';
import { alarm, type Deadline, deadlineIn } from '../util/deadline.ts';
import { Deque } from '../util/deque.ts';
import type { CallOptions } from './call-options.ts';
import type { ItemOutcome } from './chunk.ts';
import { type AnyIterable, checkIterables, type Tuple, zip, zipAsync } from './zip.ts';

const nothing = (): void => {};

/** The part of an executor that `map` is written on. */
export interface MapTarget {
  /** One call for one item. */
  submitOne(args: Tuple): Future<unknown>;
  /** One call for several items. Left out where chunks make no difference: then there are none. */
  submitChunk?(tuples: Tuple[]): Future<ItemOutcome[]>;
  /** How many calls to keep outstanding for an async input without a `bufferSize`. */
  readonly lookAhead: number;
  /** Who has called `map`, for the errors of items. Left out where it is not known, or not wanted. */
  readonly callSite?: CallSite | undefined;
}

/**
 * The results of a `map`, in input order: an async iterator, and `toArray()`.
 *
 * `next()` throws a task's error where it stands; the following `next()` goes on behind it. Leaving a
 * loop early (`return()`) cancels every call that has not begun. Merely dropping it cancels nothing.
 */
export class MapResults<T> implements AsyncIterableIterator<T> {
  readonly #target: MapTarget;
  readonly #chunked: boolean;
  readonly #limit: number;
  readonly #timeout: number | undefined;
  readonly #deadline: Deadline;
  readonly #signal: AbortSignal | undefined;
  readonly #outstanding = new Deque<Future<unknown>>();
  /** Outcomes of the chunk at the head, still to be handed out. */
  readonly #ready = new Deque<ItemOutcome>();
  /** The input; undefined once it has ended or failed. */
  #source: Iterator<Tuple[]> | AsyncIterator<Tuple[]> | undefined;
  /** Why the input ended before its time; thrown after everything submitted has been handed out. */
  #failure: { readonly error: unknown } | undefined = undefined;
  /** An async fill that is under way. */
  #filling: Promise<void> | undefined = undefined;
  /** What waits for an async fill to submit something, or to end. */
  #onProgress: (() => void) | undefined = undefined;
  #closed = false;
  /** Calls of `next()` are served one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @internal Use `executor.map()`. */
  constructor(target: MapTarget, options: CallOptions, iterables: readonly AnyIterable[]) {
    const someAsync = checkIterables(iterables);
    const size = target.submitChunk === undefined ? 1 : (options.chunkSize ?? 1);
    this.#target = target;
    this.#chunked = size > 1;
    this.#timeout = options.timeout;
    this.#deadline = deadlineIn(options.timeout);
    this.#signal = options.signal;
    this.#limit = options.bufferSize ?? (someAsync ? target.lookAhead : Infinity);
    this.#signal?.throwIfAborted();
    if (someAsync) {
      this.#source = zipAsync(iterables, size);
      void this.#fillAsync();
    } else {
      this.#source = zip(iterables as Iterable<unknown>[], size);
      this.#fillSync();
      // Nothing was handed out yet, so the failure belongs to the caller of map, who gets no
      // iterator with which to cancel what was submitted.
      if (this.#failure !== undefined) {
        this.#close();
        throw this.#failure.error;
      }
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T>> {
    const taken = this.#turn.then(() => this.#take());
    // Waits for it and keeps nothing of it: a result is the consumer's alone.
    this.#turn = taken.then(nothing, nothing);
    return taken;
  }

  /** Ends the iteration: every call that has not begun is cancelled. */
  return(): Promise<IteratorResult<T>> {
    this.#close();
    return Promise.resolve({ value: undefined, done: true });
  }

  /** All results, in input order. The first error ends it: it is thrown, and the rest is cancelled. */
  async toArray(): Promise<T[]> {
    const all: T[] = [];
    try {
      for (let item = await this.next(); item.done !== true; item = await this.next())
        all.push(item.value);
    } finally {
      this.#close();
    }
    return all;
  }

  async #take(): Promise<IteratorResult<T>> {
    while (!this.#closed) {
      const outcome = this.#ready.shift();
      if (outcome !== undefined) {
        if (outcome[0]) return { value: outcome[1] as T, done: false };
        throw outcome[1];
      }
      const head = this.#outstanding.peek();
      if (head !== undefined) {
        if (!isDone(peek(head))) await this.#untilDone(head);
        if (this.#closed) break;
        this.#outstanding.shift();
        this.#fill();
        this.#unpack(head);
      } else if (this.#filling !== undefined) {
        // Not for all of it: the input may take its time, or wait for the first results.
        await this.#untilProgress();
      } else {
        const failure = this.#failure;
        this.#close();
        if (failure !== undefined) throw failure.error;
      }
    }
    return { value: undefined, done: true };
  }

  #unpack(future: Future<unknown>): void {
    const outcome = peekOutcome(future);
    if (peek(future) !== FINISHED) this.#ready.push([false, outcome]);
    else if (!this.#chunked) this.#ready.push([true, outcome]);
    else {
      for (const item of outcome as ItemOutcome[]) {
        if (!item[0]) this.#target.callSite?.extend(item[1]);
        this.#ready.push(item);
      }
    }
  }

  #fill(): void {
    if (this.#source === undefined || this.#filling !== undefined) return;
    if (Symbol.asyncIterator in this.#source) void this.#fillAsync();
    else this.#fillSync();
  }

  #fillSync(): void {
    const source = this.#source as Iterator<Tuple[]> | undefined;
    try {
      while (source !== undefined && this.#outstanding.length < this.#limit) {
        const chunk = source.next();
        if (chunk.done === true) {
          this.#source = undefined;
          return;
        }
        this.#submit(chunk.value);
      }
    } catch (error) {
      this.#failInput(error);
    }
  }

  #fillAsync(): Promise<void> {
    const source = this.#source as AsyncIterator<Tuple[]>;
    const fill = async (): Promise<void> => {
      try {
        while (!this.#closed && this.#outstanding.length < this.#limit) {
          const chunk = await source.next();
          if (this.#closed) return;
          if (chunk.done === true) {
            this.#source = undefined;
            return;
          }
          this.#submit(chunk.value);
        }
      } catch (error) {
        this.#failInput(error);
      } finally {
        this.#filling = undefined;
        this.#onProgress?.();
      }
    };
    this.#filling = fill();
    return this.#filling;
  }

  #submit(chunk: Tuple[]): void {
    const target = this.#target;
    const future = this.#chunked
      ? target.submitChunk?.(chunk)
      : target.submitOne(chunk[0] as Tuple);
    if (future === undefined) return;
    this.#outstanding.push(future);
    this.#onProgress?.();
  }

  #failInput(error: unknown): void {
    this.#failure = { error };
    const source = this.#source;
    this.#source = undefined;
    void source?.return?.();
  }

  /** Waits for the head. Over time or aborted: closes, and throws what `next()` is to throw. */
  #untilDone(head: Future<unknown>): Promise<void> {
    return this.#until((done) => {
      const waiter: Waiter = { futureDone: done };
      addWaiter(head, waiter);
      return () => removeWaiter(head, waiter);
    });
  }

  #untilProgress(): Promise<void> {
    return this.#until((done) => {
      this.#onProgress = done;
      return () => {
        this.#onProgress = undefined;
      };
    });
  }

  #until(start: (done: () => void) => () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        stopAlarm();
        this.#signal?.removeEventListener('abort', onAbort);
        stop();
        settle();
      };
      const giveUp = (error: unknown): void => {
        // In this order: closing cancels the head, which would end the wait as if it were done.
        end(() => reject(error));
        this.#close();
      };
      const onAbort = (): void => giveUp(this.#signal?.reason);
      const stop = start(() => end(resolve));
      const stopAlarm = alarm(this.#deadline, () =>
        giveUp(
          new TimeoutError(`The results of map() were not complete after ${this.#timeout} ms.`),
        ),
      );
      this.#signal?.addEventListener('abort', onAbort);
      if (this.#signal?.aborted === true) onAbort();
    });
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onProgress?.();
    const source = this.#source;
    this.#source = undefined;
    for (
      let future = this.#outstanding.shift();
      future !== undefined;
      future = this.#outstanding.shift()
    ) {
      if (!future.cancel()) ignoreOutcome(future);
    }
    while (this.#ready.shift() !== undefined);
    // An async source that is in the middle of a `next()` closes itself when that one is answered.
    void source?.return?.();
  }
}
