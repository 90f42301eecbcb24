/**
 * A future: the outcome of a call that may still be under way.
 *
 * It settles once, in this order (Python's): the outcome is stored, waiters (`wait`, `asCompleted`)
 * are told, promises are resolved, done-callbacks run. Callbacks run synchronously where the future
 * settles; promise reactions follow in a later microtask, so a callback always runs before them.
 *
 * A future is thenable, because `await future` is the idiom. Its promise is made when somebody asks
 * for it and not before, which has two effects: a failed future that nobody looks at does not end
 * the process as an unhandled rejection, and a burst of calls that settles before it is awaited
 * costs no promise per call at all.
 *
 * Because of `then`, a future can't be passed through an async function or an async generator
 * without being awaited on the way. That is why every iterator over futures in this library is
 * written by hand.
 */
import { AsyncResource } from 'node:async_hooks';
import { inspect } from 'node:util';
import {
  CancelledError,
  DeadlockError,
  ExecutorError,
  InvalidStateError,
  TimeoutError,
} from '../errors.ts';
import { warn } from '../events/warnings.ts';
import { alarm, deadlineIn } from '../util/deadline.ts';
import {
  checkFunction,
  checkOptions,
  checkSignal,
  checkTimeout,
  className,
} from '../util/validate.ts';
import type { FutureDriver } from './driver.ts';
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
import type { Waiter } from './waiter.ts';

/** How long to wait, and what else ends the waiting. */
export interface WaitOptions {
  /** Milliseconds; 0 polls once. Default: no limit. */
  readonly timeout?: number | undefined;
  /** Ends the waiting with `signal.reason`. The call itself goes on. */
  readonly signal?: AbortSignal | undefined;
}

type DoneCallback<T> = (future: Future<T>) => void;

/**
 * Everybody who is to be told of the outcome. An object of its own, because most futures of a burst
 * settle before there is anybody, and a future should then be no larger than it has to be.
 */
class Audience {
  promise: Promise<unknown> | undefined = undefined;
  resolve: ((value: unknown) => void) | undefined = undefined;
  reject: ((error: unknown) => void) | undefined = undefined;
  waiters: Waiter[] | undefined = undefined;
  callbacks: { readonly call: (future: unknown) => void }[] | undefined = undefined;
}

/** Numbers for telling futures apart in messages, given out when first asked for. */
const numbers = new WeakMap<object, number>();
let lastNumber = 0;

// The doors for the rest of the library, opened by the class itself (see its static block): they reach
// private state, which users of a future have no business with.

/** Makes a future whose call an executor carries out. */
export let driveFuture: (
  driver: FutureDriver,
  ticket: number,
  task: string | undefined,
) => Future<never>;
/** Tells a future under which number its driver knows it from now on. */
export let setTicket: (future: Future<unknown>, ticket: number) => void;
/** Settles with a value; does nothing if the future is done, because the first outcome wins. */
export let finishFuture: (future: Future<unknown>, value: unknown) => void;
/** Settles with an error; does nothing if the future is done, because the first outcome wins. */
export let failFuture: (future: Future<unknown>, error: unknown) => void;
/** Sees to it that a call that has not begun never will; false if it has, or there is no executor behind it. */
export let withdrawCall: (future: Future<unknown>) => boolean;
/** The state as this thread knows it, without asking the driver. */
export let peek: (future: Future<unknown>) => FutureStateCode;
/** The outcome of a done future: its value, what was thrown, or the `CancelledError`. */
export let peekOutcome: (future: Future<unknown>) => unknown;
/** Has `waiter` told when the future is done; nothing if it is done already. */
export let addWaiter: (future: Future<unknown>, waiter: Waiter) => void;
export let removeWaiter: (future: Future<unknown>, waiter: Waiter) => void;
export let taskOf: (future: Future<unknown>) => string | undefined;
export let ticketOf: (future: Future<unknown>) => number;

export class Future<T> implements PromiseLike<T> {
  #state: FutureStateCode = PENDING;
  #outcome: unknown = undefined;
  #driver: FutureDriver | undefined = undefined;
  #ticket = -1;
  #task: string | undefined = undefined;
  #audience: Audience | undefined = undefined;

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
    if (this.#driver !== undefined && !this.#driver.withdraw(this, this.#ticket)) return false;
    const error = new CancelledError(
      undefined,
      reason === undefined ? undefined : { cause: reason },
    );
    this.#settle(next, error);
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
    throw this.#outcome;
  }

  /** What the task threw, or `undefined`, blocking like {@link resultSync}. */
  exceptionSync(options?: { readonly timeout?: number | undefined }): unknown {
    this.#block(options);
    if (this.#state === CANCELLED) throw this.#outcome;
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
    const callback = { call: AsyncResource.bind(fn) as (future: unknown) => void };
    if (isDone(this.#state)) {
      this.#runCallback(callback.call);
      return () => {};
    }
    const audience = (this.#audience ??= new Audience());
    const callbacks = (audience.callbacks ??= []);
    callbacks.push(callback);
    return () => {
      const index = callbacks.indexOf(callback);
      if (index >= 0) callbacks.splice(index, 1);
    };
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

  [inspect.custom](): string {
    const state = this.#currentState();
    const parts = [`Future #${numberOf(this)}`, stateName(state)];
    if (state === FINISHED) parts.push('returned', kindOf(this.#outcome));
    if (state === FAILED) parts.push('raised', kindOf(this.#outcome));
    if (this.#task !== undefined) parts.push(`task=${this.#task}`);
    const worker = this.#driver?.workerName(this.#ticket);
    if (worker !== undefined && state !== PENDING) parts.push(`worker=${worker}`);
    return `<${parts.join(' ')}>`;
  }

  #currentState(): FutureStateCode {
    if (this.#state === PENDING && this.#driver?.begun(this.#ticket) === true) return RUNNING;
    return this.#state;
  }

  #settle(state: FutureStateCode, outcome: unknown): void {
    this.#state = state;
    this.#outcome = outcome;
    const audience = this.#audience;
    if (audience === undefined) {
      if (state === FAILED) watchFailure(this, this.#task, outcome);
      return;
    }
    this.#audience = undefined;
    for (const waiter of audience.waiters ?? []) waiter.futureDone(this);
    if (state === FINISHED) audience.resolve?.(outcome);
    else audience.reject?.(outcome);
    for (const callback of audience.callbacks ?? []) this.#runCallback(callback.call);
  }

  #runCallback(call: (future: unknown) => void): void {
    try {
      call(this);
    } catch (error) {
      warn('CF_CALLBACK_FAILED', `A done-callback of ${inspect(this)} failed.`, error);
    }
  }

  #asPromise(): Promise<T> {
    if (this.#state === FINISHED) return Promise.resolve(this.#outcome as T);
    if (isDone(this.#state)) {
      this.#markRead();
      return Promise.reject(this.#outcome);
    }
    const audience = (this.#audience ??= new Audience());
    audience.promise ??= new Promise<unknown>((resolve, reject) => {
      audience.resolve = resolve;
      audience.reject = reject;
    });
    return audience.promise as Promise<T>;
  }

  #waitFor<R>(options: WaitOptions | undefined, promise: () => Promise<R>): Promise<R> {
    if (options === undefined) return promise();
    try {
      checkOptions('options', options, ['timeout', 'signal']);
      checkTimeout('timeout', options.timeout);
      checkSignal('signal', options.signal);
    } catch (error) {
      return Promise.reject(error);
    }
    if (isDone(this.#state)) return promise();
    const { timeout, signal } = options;
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    if (timeout === 0) return Promise.reject(this.#timedOut(timeout));
    return new Promise<R>((resolve, reject) => {
      const onAbort = (): void => end(() => reject(signal?.reason as Error));
      const waiter: Waiter = { futureDone: () => end(() => resolve(promise())) };
      const end = (settle: () => void): void => {
        stopAlarm();
        signal?.removeEventListener('abort', onAbort);
        this.#removeWaiter(waiter);
        settle();
      };
      const stopAlarm = alarm(deadlineIn(timeout), () =>
        end(() => reject(this.#timedOut(timeout))),
      );
      signal?.addEventListener('abort', onAbort);
      this.#addWaiter(waiter);
    });
  }

  #block(options: { readonly timeout?: number | undefined } | undefined): void {
    checkOptions('options', options, ['timeout']);
    checkTimeout('timeout', options?.timeout);
    this.#markRead();
    if (isDone(this.#state)) return;
    const timeout = options?.timeout ?? Infinity;
    if (timeout > 0) {
      if (this.#driver === undefined) {
        throw new DeadlockError(
          `Blocking on ${inspect(this)} could never end: it is driven by hand, in this very thread. Await it instead.`,
        );
      }
      this.#driver.block(this, timeout);
    }
    if (!isDone(this.#state)) throw this.#timedOut(timeout);
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

  #addWaiter(waiter: Waiter): void {
    const audience = (this.#audience ??= new Audience());
    (audience.waiters ??= []).push(waiter);
  }

  #removeWaiter(waiter: Waiter): void {
    const waiters = this.#audience?.waiters;
    const index = waiters?.indexOf(waiter) ?? -1;
    if (index >= 0) waiters?.splice(index, 1);
  }

  #markRead(): void {
    if (this.#state === FAILED) forgetFailure(this);
  }

  static {
    driveFuture = (driver, ticket, task) => {
      const future = new Future<never>();
      future.#driver = driver;
      future.#ticket = ticket;
      future.#task = task;
      return future;
    };
    setTicket = (future, ticket) => {
      future.#ticket = ticket;
    };
    finishFuture = (future, value) => {
      const next = afterFinish(future.#state);
      if (next !== REFUSED) future.#settle(next, value);
    };
    failFuture = (future, error) => {
      const next = afterFail(future.#state);
      if (next !== REFUSED) future.#settle(next, error);
    };
    withdrawCall = (future) => future.#driver?.withdraw(future, future.#ticket) ?? false;
    peek = (future) => future.#state;
    peekOutcome = (future) => {
      future.#markRead();
      return future.#outcome;
    };
    addWaiter = (future, waiter) => {
      future.#markRead();
      if (!isDone(future.#state)) future.#addWaiter(waiter);
    };
    removeWaiter = (future, waiter) => future.#removeWaiter(waiter);
    taskOf = (future) => future.#task;
    ticketOf = (future) => future.#ticket;
  }
}

function numberOf(future: object): number {
  let number = numbers.get(future);
  if (number === undefined) {
    number = ++lastNumber;
    numbers.set(future, number);
  }
  return number;
}

function kindOf(value: unknown): string {
  if (typeof value === 'object' && value !== null) return className(value);
  return value === null ? 'null' : typeof value;
}
