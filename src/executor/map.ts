/**
 * `map`: calls submitted ahead, results taken in input order.
 *
 *     iterables --read--> chunks --submit--> #outstanding (futures, in order) --next()--> #ready (outcomes)
 *
 * At most `bufferSize` calls are outstanding at any time: the next one is submitted when the one at
 * the head has finished and been taken off, not before. Without a bound, sync input is submitted
 * whole before `map` returns, as in Python; async input is always read as results are taken.
 *
 * When the input or a `submit` fails half-way, the results of submitted calls are still handed out, and
 * the failure follows them. A task's own error is thrown by the `next()` that reaches it and does not
 * end the iteration.
 *
 * Every end of the iteration closes the input, as in `for await`: `return()` waits until it is closed and throws the
 * error of that; but where an error ends the iteration, that error is thrown. There is one difference: this input is
 * read ahead, so it may be in the middle of a `next()`, and may never answer it. See `input-grace.ts`.
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
import { FutureStateCode, isDone } from '../future/future-state.ts';
import type { Waiter } from '../future/waiter.ts';
import { onAbort } from '../util/abort-listeners.ts';
import type { CallSite } from '../util/call-site.ts';
import { alarm, type Deadline, deadlineIn } from '../util/deadline.ts';
import { Deque } from '../util/deque.ts';
import type { CallOptions } from './call-options.ts';
import type { ItemOutcome } from './chunk.ts';
import { GRACE, withinGrace } from './input-grace.ts';
import { MapMachine, MapState } from './map-state.ts';
import {
  type AnyIterable,
  AsyncInput,
  checkIterables,
  type Chunk,
  SyncInput,
  type Tuple,
} from './zip.ts';

const nothing = (): void => {};

/** The callbacks of iterators that were dropped are taken off their signals. */
const dropped = new FinalizationRegistry<() => void>((stopListening) => stopListening());

/** The part of an executor that `map` uses. */
export interface MapTarget {
  /** One call for one item. */
  submitOne(args: Tuple): Future<unknown>;
  /** One call for several items. Left out where chunks make no difference: then there are none. */
  submitChunk?(tuples: Tuple[]): Future<ItemOutcome[]>;
  /** How many calls to keep outstanding for an async input without a `bufferSize`. */
  readonly lookAhead: number;
  /** The caller of `map`, for the errors of items. Left out where it is not known, or not wanted. */
  readonly callSite?: CallSite | undefined;
}

/**
 * The results of `executor.map()`, in input order: an async iterator with `toArray()`.
 *
 * Leaving a `for await` by `break` or `return` cancels every call that has not begun, and closes the input. A task's
 * error that ends a `for await` cancels nothing. An iterator that is dropped cancels nothing either.
 *
 * @example
 * ```ts
 * import { ThreadPoolExecutor } from 'concurrent-futures';
 *
 * await using pool = new ThreadPoolExecutor();
 * const results = pool.map(JSON.parse, ['1', '{', '3']);
 * console.log((await results.next()).value); // 1
 * const error = await results.next().catch((reason: unknown) => reason);
 * console.log(error instanceof SyntaxError); // true
 * console.log((await results.next()).value); // 3
 * ```
 */
export class MapResults<T> implements AsyncIterableIterator<T> {
  readonly #target: MapTarget;
  readonly #input: SyncInput | AsyncInput;
  readonly #chunked: boolean;
  readonly #limit: number;
  readonly #timeout: number | undefined;
  readonly #deadline: Deadline;
  readonly #signal: AbortSignal | undefined;
  readonly #outstanding = new Deque<Future<unknown>>();
  /** Outcomes of the chunk at the head, still to be handed out. */
  readonly #ready = new Deque<ItemOutcome>();
  readonly #state = new MapMachine();
  /** Ends the wait of the `next()` that is under way, because the state has changed. */
  #wake: (() => void) | undefined = undefined;
  /** Takes its callback off the signal. */
  #stopListening = nothing;
  /** Calls of `next()` are served one after the other. */
  #lastTaken: Promise<unknown> = Promise.resolve();

  /** @internal Use `executor.map()`. */
  constructor(target: MapTarget, options: CallOptions, iterables: readonly AnyIterable[]) {
    options.signal?.throwIfAborted();
    const someAsync = checkIterables(iterables);
    const size = target.submitChunk === undefined ? 1 : (options.chunkSize ?? 1);
    this.#target = target;
    this.#chunked = size > 1;
    this.#timeout = options.timeout;
    this.#deadline = deadlineIn(options.timeout);
    this.#signal = options.signal;
    this.#limit = options.bufferSize ?? (someAsync ? target.lookAhead : Infinity);
    this.#input = someAsync ? new AsyncInput(iterables, size) : new SyncInput(iterables, size);
    if (options.signal !== undefined) this.#listenTo(options.signal);
    this.#fill();
    // Nothing was handed out yet, so the failure belongs to the caller of map, who gets no
    // iterator with which to cancel the submitted calls.
    const { failure } = this.#state;
    if (failure !== undefined) {
      this.#close().catch(nothing);
      throw failure.error;
    }
  }

  /** Returns this iterator. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /**
   * Waits for the next result. Calls that overlap are served one after the other. Does not block.
   *
   * @throws the error of the task, when it reaches a failed item; call it again to continue with the next item. Also
   *   `TimeoutError`, `signal.reason`, or the error of the input; these end the iteration.
   */
  next(): Promise<IteratorResult<T>> {
    const taken = this.#lastTaken.then(() => this.#take());
    // Waits for it and keeps nothing of it: a result is the consumer's alone.
    this.#lastTaken = taken.then(nothing, nothing);
    return taken;
  }

  /**
   * Ends the iteration: cancels every call that has not begun, and closes the input. A `for await` calls it on `break`.
   *
   * It waits until the input is closed; one that is in the middle of a `next()` of its own gets a second at most.
   *
   * @throws the error that the input throws while it is closed.
   */
  async return(): Promise<IteratorResult<T>> {
    const isReading = this.#state.is(MapState.Reading);
    // A caller that ends a waiting `next()` does not want to wait for the input, either.
    const grace = this.#wake === undefined ? GRACE : 0;
    const closing = this.#close();
    await (isReading ? withinGrace(closing, grace) : closing);
    return { value: undefined, done: true };
  }

  /**
   * Waits for all results and returns them as an array, in input order. Does not block.
   *
   * @throws the first error that {@link next} throws. Every call that has not begun is cancelled then.
   */
  async toArray(): Promise<T[]> {
    const all: T[] = [];
    try {
      for (let item = await this.next(); item.done !== true; item = await this.next())
        all.push(item.value);
    } catch (error) {
      const isIdle = this.#state.is(MapState.Idle);
      const closing = this.#close().catch(nothing);
      if (isIdle) await closing;
      throw error;
    }
    return all;
  }

  async #take(): Promise<IteratorResult<T>> {
    while (!this.#state.is(MapState.Closed)) {
      const outcome = this.#ready.shift();
      if (outcome !== undefined) {
        if (outcome[0]) return { value: outcome[1] as T, done: false };
        throw outcome[1];
      }
      const head = this.#outstanding.peek();
      if (head !== undefined && this.#isOver(head)) {
        this.#outstanding.shift();
        this.#fill();
        this.#unpack(head);
      } else if (head !== undefined || !this.#state.is(MapState.Ended)) {
        // Not for the whole of an async input: it may take its time, or wait for the first results.
        await this.#untilNews(head);
      } else {
        this.#state.close();
        this.#stopListening();
        const { failure } = this.#state;
        if (failure !== undefined) throw failure.error;
      }
    }
    return { value: undefined, done: true };
  }

  #unpack(future: Future<unknown>): void {
    const outcome = peekOutcome(future);
    if (peek(future) !== FutureStateCode.Finished) this.#ready.push([false, outcome]);
    else if (!this.#chunked) this.#ready.push([true, outcome]);
    else {
      for (const item of outcome as ItemOutcome[]) {
        if (!item[0]) this.#target.callSite?.extend(item[1]);
        this.#ready.push(item);
      }
    }
  }

  #fill(): void {
    if (this.#input instanceof AsyncInput) void this.#fillAsync(this.#input);
    else {
      while (this.#hasRoom() && this.#state.read()) this.#use(this.#input.read());
    }
  }

  async #fillAsync(input: AsyncInput): Promise<void> {
    while (this.#hasRoom() && this.#state.read()) this.#use(await input.read());
  }

  /** True if another call may be submitted now. */
  #hasRoom(): boolean {
    return (
      this.#state.is(MapState.Idle) &&
      this.#outstanding.length < this.#limit &&
      this.#signal?.aborted !== true
    );
  }

  #use({ tuples, end }: Chunk): void {
    const failure = typeof end === 'object' ? end : undefined;
    const isOpen = end === undefined ? this.#state.more() : this.#state.end(failure);
    // It was closed meanwhile.
    if (!isOpen) return;
    if (tuples.length > 0) this.#submit(tuples);
    if (this.#outstanding.length <= 1) this.#wake?.();
  }

  #submit(tuples: Tuple[]): void {
    const target = this.#target;
    try {
      const future = this.#chunked
        ? target.submitChunk?.(tuples)
        : target.submitOne(tuples[0] as Tuple);
      if (future === undefined) return;
      // Submitting looks at arguments, whose getters may have left the loop.
      if (this.#state.is(MapState.Closed)) discard(future);
      else this.#outstanding.push(future);
    } catch (error) {
      if (this.#state.fail(error)) this.#input.close().catch(nothing);
    }
  }

  /** True if the outcome of a call is to be handed out: all but calls that an abort has cancelled. */
  #isOver(future: Future<unknown>): boolean {
    const state = peek(future);
    return (
      isDone(state) && !(state === FutureStateCode.Cancelled && this.#signal?.aborted === true)
    );
  }

  /** Waits until the head is done, or until there is one, or none will come. */
  #untilNews(head: Future<unknown> | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        this.#wake = undefined;
        stopAlarm();
        stopListening();
        if (head !== undefined) removeWaiter(head, waiter);
        settle();
      };
      const wake = (): void => end(resolve);
      const fail = (error: unknown): void => {
        // In this order: closing cancels the head, which would end the wait as if it were done.
        end(() => reject(error));
        this.#close().catch(nothing);
      };
      const waiter: Waiter = { futureDone: wake };
      const stopAlarm = alarm(this.#deadline, () =>
        fail(new TimeoutError(`The results of map() were not complete after ${this.#timeout} ms.`)),
      );
      const signal = this.#signal;
      // The signal keeps this iterator alive: the caller may have kept the promise of `next()` only, which does not.
      const stopListening = onAbort(signal, () => fail(signal?.reason));
      this.#wake = wake;
      if (head !== undefined) addWaiter(head, waiter);
      if (signal?.aborted === true) fail(signal.reason);
    });
  }

  /**
   * Listens between two calls of `next()`, and for no longer than the iterator is in use: a dropped one leaves no
   * listener on a signal that lives on.
   */
  #listenTo(signal: AbortSignal): void {
    const self = new WeakRef(this);
    this.#stopListening = onAbort(signal, () => {
      const results = self.deref();
      if (results !== undefined) results.#aborted(signal.reason);
    });
    dropped.register(this, this.#stopListening);
  }

  /**
   * Calls that have not begun are cancelled. Results of calls that were done before are still handed out, then the
   * reason is thrown. A `next()` that waits has a callback of its own.
   */
  #aborted(reason: unknown): void {
    if (this.#wake !== undefined) return;
    for (const future of this.#outstanding.toArray()) future.cancel(reason);
  }

  /** @returns a promise that is rejected if closing the input fails. */
  #close(): Promise<void> {
    const isInputOpen = this.#state.is(MapState.Idle) || this.#state.is(MapState.Reading);
    this.#state.close();
    this.#stopListening();
    this.#wake?.();
    for (const future of this.#outstanding.toArray()) discard(future);
    while (this.#outstanding.shift() !== undefined);
    while (this.#ready.shift() !== undefined);
    return isInputOpen ? this.#input.close() : Promise.resolve();
  }
}

/** Cancels the call, or marks its outcome as read. */
function discard(future: Future<unknown>): void {
  if (!future.cancel()) ignoreOutcome(future);
}
