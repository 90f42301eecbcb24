/**
 * The pool's view of one worker of any kind: its state, its messages, its nested calls, its end.
 *
 *     Backend.start -> receive('ready') … calls … -> close -> exited
 *
 * Ends are enforced. A worker that was told to end, and has no call in hand, has a grace for its exit handlers. These
 * are user code: they may throw, wait for ever, or never run because a task has replaced the function that ends a
 * process. After the grace the worker is terminated. A worker that has announced its end by itself and then sent
 * `still-here` is not: its calls go on.
 */
import type { Channel } from '../codec/channel.ts';
import { unpackError } from '../codec/error-envelope.ts';
import type { WorkerDeath } from '../errors.ts';
import { appendOutput } from '../future/captured-output.ts';
import type { Future } from '../future/future.ts';
import type { FromWorker, NamedFunction } from '../protocol/messages.ts';
import type { WorkerEvents, WorkerHandle } from './backend.ts';
import { NestedCalls, type NestedCallsTarget } from './nested-calls.ts';
import { startAlarm } from './start-alarm.ts';
import { WorkerMachine, WorkerState } from './worker-state.ts';

/** Milliseconds in which a worker with no call in hand must end by itself. */
const GRACE = 2_000;

/** The actions of a worker's tasks on its pool. */
export interface OwnPoolActions {
  /** @throws the error of the admission. */
  submit(fn: NamedFunction, args: unknown[]): Future<unknown>;
  shutdownByTask(cancelFutures: boolean): void;
  /** True if a call on which a task of this worker blocks can never be done. */
  isDeadlocked(worker: PoolWorker): boolean;
}

export class PoolWorker {
  /** Its position among the existing workers: the lowest free number from 0 on. Used again when the worker is gone. */
  readonly index: number;
  readonly name: string;
  readonly nested: NestedCalls;
  readonly #events: WorkerEvents;
  readonly #state = new WorkerMachine();
  #handle: WorkerHandle | undefined = undefined;
  /** The error that ended the worker, from its own last message or found by its backend. */
  #cause: unknown = undefined;
  #stopStartAlarm: () => void = () => {};
  #endBy = Infinity;
  /** True if the grace runs only because the worker itself has announced its end. */
  #departs = false;
  #graceTimer: NodeJS.Timeout | undefined = undefined;

  /** @param channel - the channel on which the outcomes of its nested calls reach it. */
  constructor(
    index: number,
    name: string,
    channel: Channel,
    events: WorkerEvents,
    pool: OwnPoolActions,
  ) {
    this.index = index;
    this.name = name;
    this.#events = events;
    const target: NestedCallsTarget = {
      submit: (fn, args) => pool.submit(fn, args),
      shutdown: (cancelFutures) => pool.shutdownByTask(cancelFutures),
      post: (message) => this.#handle?.post(message),
      setWaiting: (calls, blocked) => this.#handle?.setWaiting(calls, blocked),
      isDeadlocked: () => pool.isDeadlocked(this),
    };
    this.nested = new NestedCalls(name, target, channel);
  }

  get state(): WorkerState {
    return this.#state.current;
  }

  get isStarting(): boolean {
    return this.#state.isStarting;
  }

  get cause(): unknown {
    return this.#cause;
  }

  get lastWords(): string | undefined {
    return this.#handle?.lastWords;
  }

  get isIdle(): boolean {
    return this.#state.is(WorkerState.Ready) && this.#handle?.isIdle() === true;
  }

  /**
   * The backend has started the worker. It must be ready within `timeout` milliseconds (see start-alarm.ts), or
   * `onLate` is called.
   */
  begin(handle: WorkerHandle, timeout: number, onLate: () => void): void {
    this.#handle = handle;
    if (this.#state.isStarting) this.#stopStartAlarm = startAlarm(timeout, onLate);
  }

  /** Records the reason of its end; the first one counts. */
  recordCause(error: unknown): void {
    this.#cause ??= error;
  }

  /**
   * A message of the worker has arrived.
   *
   * @param answer - answers a question; the worker is blocked until then.
   */
  receive(message: FromWorker, answer: (yes: boolean) => void): void {
    if (this.#state.is(WorkerState.Gone)) return;
    switch (message.kind) {
      case 'initializing':
        this.#state.initialize();
        break;
      case 'ready':
        this.#stopStartAlarm();
        this.#state.ready();
        this.#events.ready(this);
        break;
      case 'start-failed':
        this.#events.startFailed(this, unpackError(message.error));
        break;
      case 'dying':
        this.recordCause(unpackError(message.error));
        break;
      case 'request':
        this.nested.receive(message.request, answer);
        break;
      case 'output': {
        const future = this.#handle?.futureOf(message.call);
        if (future !== undefined) appendOutput(future, message.stream, message.text);
        break;
      }
      case 'leaving':
        this.leave();
        this.#departs ||= this.#endBy === Infinity;
        this.emptied();
        break;
      case 'still-here':
        this.#cause = undefined;
        if (this.#departs && !this.#state.is(WorkerState.Ending)) this.#stopGrace();
        break;
      default:
        message satisfies never;
    }
  }

  /** The worker was given its last call. */
  leave(): void {
    if (this.#state.leave()) this.#events.leaving(this);
  }

  /** The worker is to end and has no call in hand, or has begun to end by itself: its grace runs from now on. */
  emptied(): void {
    if (this.#state.is(WorkerState.Gone) || this.#endBy < Infinity) return;
    this.#beginGrace();
  }

  #beginGrace(): void {
    this.#endBy = performance.now() + GRACE;
    // The worker itself keeps the process alive until it is gone.
    this.#graceTimer = setTimeout(() => this.#endGrace(), GRACE).unref();
  }

  /** A call may have reached the worker before the message to end: the grace waits for that call. */
  #endGrace(): void {
    clearTimeout(this.#graceTimer);
    if (!this.#departs && this.#handle?.isRunning() === true) this.#beginGrace();
    else {
      this.#endBy = Infinity;
      this.#handle?.terminate();
    }
  }

  #stopGrace(): void {
    this.#departs = false;
    this.#endBy = Infinity;
    clearTimeout(this.#graceTimer);
  }

  /** Lets the worker finish its calls and end. @returns true if it had not been told before. */
  close(): boolean {
    const told = this.expectEnd();
    if (told) this.#handle?.close();
    return told;
  }

  /** Ends the worker at once, in any state. */
  terminate(signal?: NodeJS.Signals): void {
    this.expectEnd();
    this.#handle?.terminate(signal);
  }

  /** Its end is expected from now on. */
  expectEnd(): boolean {
    this.#stopStartAlarm();
    return this.#state.end();
  }

  /** A blocked thread has no timers: it calls this at intervals. */
  lookAt(now: number): void {
    if (now >= this.#endBy) this.#endGrace();
  }

  /** The backend has seen its end. */
  exited(death: WorkerDeath, retired: boolean): void {
    if (!this.#state.is(WorkerState.Gone)) this.#events.exited(this, death, retired);
  }

  /** The pool has removed it. @returns its last state. */
  remove(): WorkerState {
    const before = this.#state.current;
    this.#stopStartAlarm();
    clearTimeout(this.#graceTimer);
    this.#state.remove();
    this.nested.end();
    return before;
  }
}
