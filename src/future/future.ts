/**
 * A future: the outcome of a call that may still be under way.
 *
 * It settles once, in this order (Python's): the outcome is stored, waiters (`wait`, `asCompleted`)
 * are called, promises are resolved, done-callbacks run. Callbacks run synchronously where the future
 * settles; promise reactions follow in a later microtask, so a callback always runs before them.
 *
 * A future is thenable, because `await future` is the idiom. Its promise is made at the first use and
 * not before: a failed future without a reader does not end the process as an unhandled rejection, and
 * a burst of calls that settles before it is awaited costs no promises.
 *
 * Because of `then`, an async function or generator can't pass a future on without awaiting it, so
 * every iterator over futures in this library is written by hand.
 */
import { AsyncResource } from 'node:async_hooks';
import { inspect } from 'node:util';
import { DeadlockError, ExecutorError, InvalidStateError, TimeoutError } from '../errors.ts';
import { onAbort } from '../util/abort-listeners.ts';
import { bare } from '../util/bare.ts';
import { type CallSite, captureCallSite } from '../util/call-site.ts';
import { alarm, deadlineIn } from '../util/deadline.ts';
import { type OptionTable, readOptions, resolveOptions } from '../util/option-table.ts';
import { checkFunction } from '../util/validate.ts';
import { Listeners, runCallback } from './listeners.ts';
import { Cancellation } from './cancellation.ts';
import { type CapturedOutput, outputOf } from './captured-output.ts';
import type { CallController } from './call-controller.ts';
import { futureText } from './future-text.ts';
import {
  futureAfterBegin,
  futureAfterCancel,
  futureAfterFail,
  futureAfterFinish,
  type FutureState,
  FutureStateCode,
  isDone,
  stateName,
} from './future-state.ts';
import { forgetFailure, watchFailure } from './unread.ts';
import { type Waiter, type WaitOptions, waitTable } from './waiter.ts';

type BlockOptions = Pick<WaitOptions, 'timeout'>;

const blockTable = {
  timeout: { ...waitTable.timeout, default: Infinity },
} satisfies OptionTable<BlockOptions>;

/** A function that is called with a future that is done. */
type DoneCallback<T> = (future: Future<T>) => void;

// Functions for the rest of the library, which the static block of the class assigns: they reach private state that
// users of a future do not need.

/** Makes a future whose call an executor carries out; `future` becomes that one if it is given. */
export let controlFuture: (
  controller: CallController,
  handle: number,
  task: string | undefined,
  future?: Future<never>,
) => Future<never>;
/** Sets the number of the future at its controller. */
export let setCallHandle: (future: Future<unknown>, handle: number) => void;
/** Settles with a value; does nothing if the future is done, because the first outcome wins. */
export let finishFuture: (future: Future<unknown>, value: unknown) => void;
/** Settles with an error of this call's own; does nothing if the future is done, because the first outcome wins. */
export let failFuture: (future: Future<unknown>, error: unknown) => void;
/** Settles as cancelled, for a call that will never run; does nothing if the future is done. */
export let cancelFuture: (future: Future<unknown>, reason: unknown) => void;
/** Withdraws a call that has not begun. False: it has begun, or the future has no controller. */
export let withdrawCall: (future: Future<unknown>) => boolean;
/** The state in this thread, without a question to the controller. */
export let peek: (future: Future<unknown>) => FutureStateCode;
/** The outcome of a done future: its value, the thrown value, or the `CancelledError`. */
export let peekOutcome: (future: Future<unknown>) => unknown;
/** Calls `waiter` when the future is done; does nothing if it is done already. */
export let addWaiter: (future: Future<unknown>, waiter: Waiter) => void;
/** Marks the outcome as read, so that a failure is not reported. */
export let ignoreOutcome: (future: Future<unknown>) => void;
/** Removes `waiter` from the future again. */
export let removeWaiter: (future: Future<unknown>, waiter: Waiter) => void;
/** Records the caller of `entry`, until the call is done: a stack keeps the objects of its functions alive. */
export let noteCallSite: (future: Future<unknown>, entry: (...args: never[]) => unknown) => void;
/** The name of the task's function, if it has one. */
export let taskOf: (future: Future<unknown>) => string | undefined;
/** The number of the future at its controller. */
export let callHandleOf: (future: Future<unknown>) => number;
/** The name of the worker that runs the call, or has run it. */
export let workerOf: (future: Future<unknown>) => string | undefined;

/**
 * The outcome of a call that may still be under way, as `submit()` returns it. `await` it, or ask it.
 *
 * A future settles once: it is `'finished'` with a value or an error, or `'cancelled'`. Waits end first, then
 * promises settle, then done-callbacks run. A failed future without a reader does not end the process: it becomes a
 * process warning (`CF_UNREAD_FAILURE`) when it is collected.
 *
 * Programs get futures from an executor. `new Future()` makes one for a program that settles it by `setResult()` or
 * `setException()`, as an executor of one's own does. Python's counterpart is `concurrent.futures.Future`.
 *
 * @example
 * ```ts
 * import { ThreadPoolExecutor } from 'concurrent-futures';
 *
 * await using pool = new ThreadPoolExecutor();
 * const future = pool.submit((text: string) => text.length, 'hello');
 * console.log(await future); // 5
 * console.log(future.state); // finished
 * ```
 */
export class Future<T> implements PromiseLike<T> {
  #state: FutureStateCode = FutureStateCode.Pending;
  #outcome: unknown = undefined;
  #controller: CallController | undefined = undefined;
  #callHandle = -1;
  #task: string | undefined = undefined;
  #listeners: Listeners | undefined = undefined;
  #callSite: CallSite | undefined = undefined;

  /**
   * The state at this moment: `'pending'`, `'running'`, `'cancelled'` or `'finished'`. Does not block.
   *
   * It is exact for pools: a call that a worker has begun is `'running'` at once. For a cluster it is late by a moment.
   * A call that a task submits to its own pool is `'pending'` until it is done.
   */
  get state(): FutureState {
    return stateName(this.#currentState());
  }

  /**
   * Cancels the call if it has not begun. Does not block.
   *
   * All waits for a cancelled future end at once with a `CancelledError`. A call that runs is not stopped.
   *
   * @param reason - becomes the `cause` of the `CancelledError`.
   * @returns true if the call will never run, or was cancelled before; false if it runs or has finished.
   * @example
   * ```ts
   * import { CancelledError, ThreadPoolExecutor } from 'concurrent-futures';
   *
   * await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
   * const first = pool.submit(() => 'first');
   * const second = pool.submit(() => 'second');
   * console.log(second.cancel('not needed')); // true
   * const error = await second.catch((reason: unknown) => reason);
   * console.log(error instanceof CancelledError && error.cause); // not needed
   * console.log(await first); // first
   * ```
   */
  cancel(reason?: unknown): boolean {
    if (this.#state === FutureStateCode.Cancelled) return true;
    const next = futureAfterCancel(this.#currentState());
    if (next === undefined) return false;
    if (this.#controller !== undefined && !this.#controller.withdraw(this, this.#callHandle))
      return false;
    this.#settle(next, new Cancellation(reason));
    return true;
  }

  /** True if the call was cancelled. Does not block. */
  cancelled(): boolean {
    return this.#state === FutureStateCode.Cancelled;
  }

  /** True if the call runs at this moment; as exact as {@link state}. Does not block. */
  running(): boolean {
    return this.#currentState() === FutureStateCode.Running;
  }

  /** True if the call was cancelled or has finished. Does not block. */
  done(): boolean {
    return isDone(this.#state);
  }

  /**
   * Waits for the call and returns a promise of its value. Does not block. Without options, it is the same as `await`.
   *
   * `timeout` and `signal` end this wait only; the call continues.
   *
   * @throws the error of the task (the same object each time); `CancelledError` if the call was cancelled;
   *   `TimeoutError` if it is not done after `timeout` milliseconds; `signal.reason` if the signal is aborted;
   *   `TypeError` or `RangeError` if an option is wrong. All of them reject the promise.
   * @example
   * ```ts
   * import { ThreadPoolExecutor, TimeoutError } from 'concurrent-futures';
   *
   * await using pool = new ThreadPoolExecutor();
   * const future = pool.submit(() => new Promise((resolve) => setTimeout(resolve, 100, 'late')));
   * const error = await future.result({ timeout: 10 }).catch((reason: unknown) => reason);
   * console.log(error instanceof TimeoutError); // true
   * console.log(await future.result()); // late
   * ```
   */
  result(options?: WaitOptions): Promise<T> {
    return this.#waitFor(options, () => this.#asPromise());
  }

  /**
   * Waits for the call and returns a promise of the error of the task, or of `undefined` if the task returned a value.
   * Does not block.
   *
   * @throws `CancelledError`, `TimeoutError`, `signal.reason`, `TypeError` and `RangeError`, as {@link result}.
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'concurrent-futures';
   *
   * await using pool = new ThreadPoolExecutor();
   * const error = await pool.submit(JSON.parse, '{').exception();
   * console.log(error instanceof SyntaxError); // true
   * ```
   */
  exception(options?: WaitOptions): Promise<unknown> {
    return this.#waitFor(options, () =>
      this.#asPromise().then(
        () => undefined,
        (error: unknown) => {
          if (this.#state === FutureStateCode.Cancelled) throw error;
          return error;
        },
      ),
    );
  }

  /**
   * Blocks this thread and its event loop until the call is done, and returns its value.
   *
   * Other calls of the same pool that end meanwhile settle as well, and their done-callbacks run inside this call. A
   * `ProcessPoolExecutor` needs `manager: 'thread'` for it.
   *
   * @throws the error of the task; `CancelledError` if the call was cancelled; `TimeoutError` if it is not done after
   *   `timeout` milliseconds; `DeadlockError` if the wait could never end: the future is of an `InlineExecutor`, a
   *   cluster or a pool of processes without a manager, it is settled by this program itself, or it needs a worker that
   *   waits for it.
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'concurrent-futures';
   *
   * await using pool = new ThreadPoolExecutor();
   * console.log(pool.submit(Math.max, 1, 2).resultSync({ timeout: 10_000 })); // 2
   * ```
   */
  resultSync(options?: {
    /**
     * The longest wait in milliseconds; with 0 it does not wait.
     *
     * @default Infinity
     */
    readonly timeout?: number | undefined;
  }): T {
    this.#block(options);
    if (this.#state === FutureStateCode.Finished) return this.#outcome as T;
    throw this.#failure();
  }

  /**
   * Blocks this thread and its event loop until the call is done, and returns the error of the task, or `undefined` if
   * the task returned a value.
   *
   * @throws `CancelledError`, `TimeoutError` and `DeadlockError`, as {@link resultSync}.
   */
  exceptionSync(options?: {
    /**
     * The longest wait in milliseconds; with 0 it does not wait.
     *
     * @default Infinity
     */
    readonly timeout?: number | undefined;
  }): unknown {
    this.#block(options);
    if (this.#state === FutureStateCode.Cancelled) throw this.#failure();
    return this.#state === FutureStateCode.Failed ? this.#outcome : undefined;
  }

  /**
   * Calls `fn(future)` once, when the future is done; at once, if it is done already. Does not block.
   *
   * Callbacks run synchronously, in the order and in the async context in which they were added, before the reactions
   * of promises. If one throws, the error becomes a process warning (`CF_CALLBACK_FAILED`), and the others still run.
   *
   * @returns a function that removes the callback.
   * @throws `TypeError` if `fn` is no function.
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'concurrent-futures';
   *
   * await using pool = new ThreadPoolExecutor();
   * const future = pool.submit(Math.max, 1, 2);
   * future.addDoneCallback((done) => console.log(done.state)); // finished
   * await future;
   * ```
   */
  addDoneCallback(fn: DoneCallback<T>): () => void {
    checkFunction('fn', fn);
    this.#markRead();
    // By hand, because AsyncResource.bind() has each resource watched by the garbage collector.
    const context = new AsyncResource('FutureCallback', bare({ requireManualDestroy: true }));
    const call = (future: Future<unknown>): unknown =>
      context.runInAsyncScope(fn as DoneCallback<unknown>, undefined, future);
    if (isDone(this.#state)) {
      runCallback(this, call);
      return () => {};
    }
    return this.#ensureListeners().addCallback(call);
  }

  /** Registers reactions to the outcome, as `Promise.then()` does; so `await future` works. */
  // oxlint-disable-next-line unicorn/no-thenable -- a future is meant to be awaited
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#asPromise().then(onFulfilled, onRejected);
  }

  /** Registers a reaction to a failure or a cancellation, as `Promise.catch()` does. */
  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.#asPromise().catch(onRejected);
  }

  /** Registers a reaction to any outcome, as `Promise.finally()` does. */
  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.#asPromise().finally(onFinally);
  }

  /**
   * The text that the task has written so far, for a call made through `with({ captureOutput: true })`; `undefined`
   * for other calls.
   *
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from 'concurrent-futures';
   *
   * await using pool = new ThreadPoolExecutor();
   * const future = pool.with({ captureOutput: true }).submit(() => console.log('half way'));
   * await future;
   * console.log(future.output?.stdout.trim()); // half way
   * ```
   */
  get output(): CapturedOutput | undefined {
    return outputOf(this);
  }

  /**
   * Moves the future from pending to running. For executors of one's own, which call it once before they begin the
   * work.
   *
   * Python's counterpart is `set_running_or_notify_cancel()`.
   *
   * @returns true if the future runs now; false if it was cancelled, and the work must not begin.
   * @throws `ExecutorError` (`ERR_UNEXPECTED_STATE`) if the future runs already, or has finished.
   */
  setRunningOrNotifyCancel(): boolean {
    if (this.#state === FutureStateCode.Cancelled) return false;
    const next = futureAfterBegin(this.#currentState());
    if (next === undefined) {
      throw new ExecutorError(
        `Future in unexpected state: ${inspect(this)}. setRunningOrNotifyCancel() is called once, before the work begins.`,
        { code: 'ERR_UNEXPECTED_STATE' },
      );
    }
    this.#state = next;
    return true;
  }

  /**
   * Settles the future with a value. For executors of one's own.
   *
   * @throws `InvalidStateError` if the future is done already.
   * @example
   * ```ts
   * import { Future } from 'concurrent-futures';
   *
   * const future = new Future<number>();
   * setTimeout(() => future.setResult(42), 10);
   * console.log(await future); // 42
   * ```
   */
  setResult(value: T): void {
    const next = futureAfterFinish(this.#state);
    if (next === undefined) throw this.#alreadyDone('setResult');
    this.#settle(next, value);
  }

  /**
   * Settles the future with an error. For executors of one's own.
   *
   * @param error - the value that the task threw.
   * @throws `InvalidStateError` if the future is done already.
   */
  setException(error: unknown): void {
    const next = futureAfterFail(this.#state);
    if (next === undefined) throw this.#alreadyDone('setException');
    this.#settle(next, error);
  }

  /** Describes the future for people, e.g. `<Future #1 running task=hash worker=ThreadPoolExecutor-0_0>`. */
  toString(): string {
    return this[inspect.custom]();
  }

  /** The name that `Object.prototype.toString()` shows. */
  get [Symbol.toStringTag](): string {
    return 'Future';
  }

  /** The text that `console.log(future)` prints: the same as {@link toString}. */
  [inspect.custom](): string {
    const worker = workerOf(this);
    const state = this.#currentState();
    return futureText(this, { state, outcome: this.#outcome, task: this.#task, worker });
  }

  #currentState(): FutureStateCode {
    if (
      this.#state === FutureStateCode.Pending &&
      this.#controller?.begun(this.#callHandle) === true
    )
      return FutureStateCode.Running;
    return this.#state;
  }

  #settle(state: FutureStateCode, outcome: unknown): void {
    this.#state = state;
    this.#outcome = outcome;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    this.#callSite?.release();
    this.#callSite = undefined;
    if (state === FutureStateCode.Failed && listeners?.reads !== true)
      watchFailure(this, this.#task, outcome);
    listeners?.tell(this, state === FutureStateCode.Finished, outcome, () => this.#failure());
  }

  #asPromise(): Promise<T> {
    if (this.#state === FutureStateCode.Finished) return Promise.resolve(this.#outcome as T);
    if (isDone(this.#state)) {
      this.#markRead();
      return Promise.reject(this.#failure());
    }
    return this.#ensureListeners().promise as Promise<T>;
  }

  #ensureListeners(): Listeners {
    return (this.#listeners ??= new Listeners());
  }

  #waitFor<R>(options: WaitOptions | undefined, promise: () => Promise<R>): Promise<R> {
    if (options === undefined) return promise();
    let read: WaitOptions;
    try {
      read = readOptions('options', options, waitTable);
    } catch (error) {
      return Promise.reject(error);
    }
    if (isDone(this.#state)) return promise();
    const { timeout, signal } = read;
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (timeout === 0) return Promise.reject(this.#timedOut(timeout));
    return new Promise<R>((resolve, reject) => {
      const waiter: Waiter = { futureDone: () => end(() => resolve(promise())) };
      const end = (settle: () => void): void => {
        stopAlarm();
        stopListening();
        this.#listeners?.removeWaiter(waiter);
        settle();
      };
      const stopAlarm = alarm(deadlineIn(timeout), () =>
        end(() => reject(this.#timedOut(timeout))),
      );
      const stopListening = onAbort(signal, () => end(() => reject(signal?.reason as Error)));
      this.#ensureListeners().addWaiter(waiter);
    });
  }

  #block(options: BlockOptions | undefined): void {
    const { timeout } = resolveOptions(options, blockTable);
    if (!isDone(this.#state) && timeout > 0) {
      if (this.#controller === undefined) {
        throw new DeadlockError(
          `Blocking on ${inspect(this)} could never end: it is driven by hand, in this very thread. Await it instead.`,
        );
      }
      this.#controller.block(this, timeout);
    }
    if (!isDone(this.#state)) throw this.#timedOut(timeout);
    this.#markRead();
  }

  #timedOut(timeout: number | undefined): TimeoutError {
    return new TimeoutError(
      `${inspect(this)} was not done after ${timeout} ms. It goes on; wait again, or cancel it.`,
    );
  }

  #alreadyDone(what: string): InvalidStateError {
    return new InvalidStateError(
      `${stateName(this.#state).toUpperCase()}: ${inspect(this)} has its outcome already, which stays; ${what}() came too late.`,
    );
  }

  /** The error of a future that has no value. */
  #failure(): unknown {
    // The class of a thrown value is not read: the value may be a proxy that throws.
    if (this.#state === FutureStateCode.Cancelled && this.#outcome instanceof Cancellation)
      this.#outcome = this.#outcome.toError();
    return this.#outcome;
  }

  #markRead(): void {
    if (this.#state === FutureStateCode.Failed) forgetFailure(this);
  }

  static {
    controlFuture = (controller, handle, task, future = new Future<never>()) => {
      future.#controller = controller;
      future.#callHandle = handle;
      // A function without a name is no help in a message.
      future.#task = task === '' ? undefined : task;
      return future;
    };
    setCallHandle = (future, handle) => void (future.#callHandle = handle);
    finishFuture = (future, value) => {
      const next = futureAfterFinish(future.#state);
      if (next !== undefined) future.#settle(next, value);
    };
    failFuture = (future, error) => {
      const next = futureAfterFail(future.#state);
      if (next === undefined) return;
      future.#callSite?.extend(error);
      future.#settle(next, error);
    };
    cancelFuture = (future, reason) => {
      if (!isDone(future.#state))
        future.#settle(FutureStateCode.Cancelled, new Cancellation(reason));
    };
    withdrawCall = (future) => future.#controller?.withdraw(future, future.#callHandle) ?? false;
    peek = (future) => future.#state;
    peekOutcome = (future) => {
      future.#markRead();
      return future.#state === FutureStateCode.Finished ? future.#outcome : future.#failure();
    };
    addWaiter = (future, waiter) => {
      if (waiter.passive !== true) future.#markRead();
      if (!isDone(future.#state)) future.#ensureListeners().addWaiter(waiter);
    };
    ignoreOutcome = (future) => addWaiter(future, { futureDone: () => {} });
    removeWaiter = (future, waiter) => future.#listeners?.removeWaiter(waiter);
    noteCallSite = (future, entry) => {
      if (!isDone(future.#state)) future.#callSite = captureCallSite(entry);
    };
    taskOf = (future) => future.#task;
    callHandleOf = (future) => future.#callHandle;
    workerOf = (future) => future.#controller?.workerName(future.#callHandle);
  }
}
