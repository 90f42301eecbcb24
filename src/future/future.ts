/**
 * A future: the outcome of a call that may still be under way.
 *
 * It settles once, in this order (Python's): the outcome is stored, waiters (`wait`, `asCompleted`)
 * are told, promises are resolved, done-callbacks run. Callbacks run synchronously where the future
 * settles; promise reactions follow in a later microtask, so a callback always runs before them.
 *
 * A future is thenable, because `await future` is the idiom. Its promise is made when somebody asks
 * for it and not before: a failed future that nobody looks at does not end the process as an
 * unhandled rejection, and a burst of calls that settles before it is awaited costs no promises.
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
import { checkFunction, checkSignal, checkTimeout, readOptions } from '../util/validate.ts';
import { Listeners, runCallback } from './listeners.ts';
import { Cancellation } from './cancellation.ts';
import { type CapturedOutput, outputOf } from './captured-output.ts';
import type { CallController } from './call-controller.ts';
import { futureText } from './future-text.ts';
import {
  afterBegin,
  afterCancel,
  afterFail,
  afterFinish,
  CANCELLED,
  FAILED,
  FINISHED,
  type FutureState,
  type FutureStateCode,
  isDone,
  PENDING,
  REFUSED,
  RUNNING,
  stateName,
} from './future-state.ts';
import { forgetFailure, watchFailure } from './unread.ts';
import type { Waiter, WaitOptions } from './waiter.ts';

type DoneCallback<T> = (future: Future<T>) => void;

// The doors for the rest of the library, opened by the class itself (see its static block): they reach
// private state, which users of a future have no business with.

/** Makes a future whose call an executor carries out; `future` becomes that one if it is given. */
export let controlFuture: (
  controller: CallController,
  handle: number,
  task: string | undefined,
  future?: Future<never>,
) => Future<never>;
/** Tells a future under which number its controller knows it from now on. */
export let setCallHandle: (future: Future<unknown>, handle: number) => void;
/** Settles with a value; does nothing if the future is done, because the first outcome wins. */
export let finishFuture: (future: Future<unknown>, value: unknown) => void;
/** Settles with an error of this call's own; does nothing if the future is done, because the first outcome wins. */
export let failFuture: (future: Future<unknown>, error: unknown) => void;
/** Settles as cancelled, by whoever has found out that the call will never run. */
export let cancelFuture: (future: Future<unknown>, reason: unknown) => void;
/** Sees to it that a call that has not begun never will; false if it has, or there is no executor behind it. */
export let withdrawCall: (future: Future<unknown>) => boolean;
/** The state as this thread knows it, without asking the controller. */
export let peek: (future: Future<unknown>) => FutureStateCode;
/** The outcome of a done future: its value, what was thrown, or the `CancelledError`. */
export let peekOutcome: (future: Future<unknown>) => unknown;
/** Has `waiter` told when the future is done; nothing if it is done already. */
export let addWaiter: (future: Future<unknown>, waiter: Waiter) => void;
/** Nobody will look at this outcome, and that is as it should be. */
export let ignoreOutcome: (future: Future<unknown>) => void;
export let removeWaiter: (future: Future<unknown>, waiter: Waiter) => void;
/** Notes who has called `entry`, until the call is done: a stack keeps the objects its functions belong to. */
export let noteCallSite: (future: Future<unknown>, entry: (...args: never[]) => unknown) => void;
export let taskOf: (future: Future<unknown>) => string | undefined;
export let callHandleOf: (future: Future<unknown>) => number;
/** The worker that runs the call, or has run it. */
export let workerOf: (future: Future<unknown>) => string | undefined;

export class Future<T> implements PromiseLike<T> {
  #state: FutureStateCode = PENDING;
  #outcome: unknown = undefined;
  #controller: CallController | undefined = undefined;
  #callHandle = -1;
  #task: string | undefined = undefined;
  #listeners: Listeners | undefined = undefined;
  #callSite: CallSite | undefined = undefined;

  /**
   * `'pending'`, `'running'`, `'cancelled'` or `'finished'`. Exact: a call that a worker has begun
   * says `'running'`, whether or not this thread has been told.
   */
  get state(): FutureState {
    return stateName(this.#currentState());
  }

  /**
   * Cancels the call if it has not begun. Does not block.
   *
   * @returns true: it will never run, and everybody who waits is told at once with a
   *   `CancelledError` whose `cause` is `reason`. false: it runs or has finished, and goes on.
   * @example `if (!future.cancel()) console.log('too late')`
   */
  cancel(reason?: unknown): boolean {
    if (this.#state === CANCELLED) return true;
    const next = afterCancel(this.#currentState());
    if (next === REFUSED) return false;
    if (this.#controller !== undefined && !this.#controller.withdraw(this, this.#callHandle))
      return false;
    this.#settle(next, new Cancellation(reason));
    return true;
  }

  /** Whether the call was cancelled. */
  cancelled(): boolean {
    return this.#state === CANCELLED;
  }

  /** Whether the call is being executed right now. Exact, see {@link state}. */
  running(): boolean {
    return this.#currentState() === RUNNING;
  }

  /** Whether the call was cancelled or has finished. */
  done(): boolean {
    return isDone(this.#state);
  }

  /**
   * The call's value, as a promise. Does not block.
   *
   * @throws what the task threw (the same object each time); `CancelledError` if it was cancelled;
   *   `TimeoutError` if it is not done after `timeout` milliseconds; `signal.reason` if the signal
   *   aborts first. Neither of the last two touches the call.
   * @example `const value = await future.result({ timeout: 500 })`
   */
  result(options?: WaitOptions): Promise<T> {
    return this.#waitFor(options, () => this.#asPromise());
  }

  /**
   * What the task threw, or `undefined` if it returned. Never throws the task's own error.
   *
   * @throws `CancelledError`, `TimeoutError` and `signal.reason`, as {@link result}.
   */
  exception(options?: WaitOptions): Promise<unknown> {
    return this.#waitFor(options, () =>
      this.#asPromise().then(
        () => undefined,
        (error: unknown) => {
          if (this.#state === CANCELLED) throw error;
          return error;
        },
      ),
    );
  }

  /**
   * The call's value, blocking this thread (and its event loop) until it is there. Outcomes of other
   * calls of the same pool that arrive meanwhile settle too, their done-callbacks included.
   *
   * @throws as {@link result}; `DeadlockError` where blocking could never end: a future driven by
   *   hand, one of an `InlineExecutor`, one that needs a worker that waits itself.
   */
  resultSync(options?: { readonly timeout?: number | undefined }): T {
    this.#block(options);
    if (this.#state === FINISHED) return this.#outcome as T;
    throw this.#failure();
  }

  /** What the task threw, or `undefined`, blocking like {@link resultSync}. */
  exceptionSync(options?: { readonly timeout?: number | undefined }): unknown {
    this.#block(options);
    if (this.#state === CANCELLED) throw this.#failure();
    return this.#state === FAILED ? this.#outcome : undefined;
  }

  /**
   * Calls `fn(future)` once, when the future is done; at once and synchronously if it is already.
   * Callbacks run in the order in which they were added, in the async context in which they were
   * added. One that throws becomes a process warning and disturbs nobody else.
   *
   * @returns a function that removes the callback again.
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

  /** Makes `await future` work; see {@link result}. */
  // oxlint-disable-next-line unicorn/no-thenable -- being awaitable is what a future is for
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#asPromise().then(onFulfilled, onRejected);
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.#asPromise().catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.#asPromise().finally(onFinally);
  }

  /** What the task has written so far, if the call was made through `with({ captureOutput: true })`. */
  get output(): CapturedOutput | undefined {
    return outputOf(this);
  }

  /**
   * For executors: called before the work is begun.
   *
   * @returns true: go ahead, the future is running now. false: it was cancelled, don't run it.
   * @throws ExecutorError if the future is running already, or has finished.
   */
  setRunningOrNotifyCancel(): boolean {
    if (this.#state === CANCELLED) return false;
    const next = afterBegin(this.#currentState());
    if (next === REFUSED) {
      throw new ExecutorError(
        `Future in unexpected state: ${inspect(this)}. setRunningOrNotifyCancel() is called once, before the work begins.`,
        { code: 'ERR_UNEXPECTED_STATE' },
      );
    }
    this.#state = next;
    return true;
  }

  /** For executors: settles the future with a value. @throws InvalidStateError if it is done already. */
  setResult(value: T): void {
    const next = afterFinish(this.#state);
    if (next === REFUSED) throw this.#alreadyDone('setResult');
    this.#settle(next, value);
  }

  /** For executors: settles the future with what the task threw. @throws InvalidStateError if it is done already. */
  setException(error: unknown): void {
    const next = afterFail(this.#state);
    if (next === REFUSED) throw this.#alreadyDone('setException');
    this.#settle(next, error);
  }

  /** The same as `util.inspect(future)`, e.g. `<Future #1 running task=hash worker=ThreadPoolExecutor_0>`. */
  toString(): string {
    return this[inspect.custom]();
  }

  get [Symbol.toStringTag](): string {
    return 'Future';
  }

  [inspect.custom](): string {
    const worker = workerOf(this);
    const state = this.#currentState();
    return futureText(this, { state, outcome: this.#outcome, task: this.#task, worker });
  }

  #currentState(): FutureStateCode {
    if (this.#state === PENDING && this.#controller?.begun(this.#callHandle) === true)
      return RUNNING;
    return this.#state;
  }

  #settle(state: FutureStateCode, outcome: unknown): void {
    this.#state = state;
    this.#outcome = outcome;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    this.#callSite?.release();
    this.#callSite = undefined;
    if (state === FAILED && listeners?.reads !== true) watchFailure(this, this.#task, outcome);
    listeners?.tell(this, state === FINISHED, outcome, () => this.#failure());
  }

  #asPromise(): Promise<T> {
    if (this.#state === FINISHED) return Promise.resolve(this.#outcome as T);
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
      read = readOptions('options', options, ['timeout', 'signal']);
      checkTimeout('timeout', read.timeout);
      checkSignal('signal', read.signal);
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

  #block(options: { readonly timeout?: number | undefined } | undefined): void {
    const { timeout = Infinity } = readOptions('options', options, ['timeout']);
    checkTimeout('timeout', timeout);
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

  /** What is thrown for a future that has no value. */
  #failure(): unknown {
    // What a task has thrown is not asked for its class: it may be a proxy that throws.
    if (this.#state === CANCELLED && this.#outcome instanceof Cancellation)
      this.#outcome = this.#outcome.toError();
    return this.#outcome;
  }

  #markRead(): void {
    if (this.#state === FAILED) forgetFailure(this);
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
      const next = afterFinish(future.#state);
      if (next !== REFUSED) future.#settle(next, value);
    };
    failFuture = (future, error) => {
      const next = afterFail(future.#state);
      if (next === REFUSED) return;
      future.#callSite?.extend(error);
      future.#settle(next, error);
    };
    cancelFuture = (future, reason) => {
      if (!isDone(future.#state)) future.#settle(CANCELLED, new Cancellation(reason));
    };
    withdrawCall = (future) => future.#controller?.withdraw(future, future.#callHandle) ?? false;
    peek = (future) => future.#state;
    peekOutcome = (future) => {
      future.#markRead();
      return future.#state === FINISHED ? future.#outcome : future.#failure();
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
