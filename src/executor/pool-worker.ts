/**
 * One worker as its pool sees it, whatever kind of worker it is: its state, its messages, its nested calls, its end.
 *
 *     Backend.start -> receive('ready') … calls … -> close -> exited
 *
 * Ends are enforced. A worker that was told to end, and has nothing in its hands, has a grace for its exit handlers,
 * which are user code and may throw, wait for ever, or never be reached because a task has replaced what ends a process.
 * After that it is ended from outside. A worker that has said that it ends, and then that it is still there, is not: what
 * it has in its hands goes on.
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
import {
  canBecome,
  ENDING,
  GONE,
  LEAVING,
  READY,
  STARTING,
  type WorkerState,
} from './worker-state.ts';

/** Milliseconds that a worker with nothing in its hands has for ending by itself. */
const GRACE = 2_000;

/** What a worker's own tasks can do to its pool. */
export interface OwnPoolActions {
  /** @throws what keeps the call from being taken. */
  submit(fn: NamedFunction, args: unknown[]): Future<unknown>;
  shutdownByTask(cancelFutures: boolean): void;
  /** Whether what a task of this worker blocks on can never be done. */
  isDeadlocked(worker: PoolWorker): boolean;
}

export class PoolWorker {
  /** Its place among the workers that there are, from 0 on: the lowest that is free. Used again when it is gone. */
  readonly index: number;
  readonly name: string;
  readonly nested: NestedCalls;
  readonly #events: WorkerEvents;
  #state: WorkerState = STARTING;
  #handle: WorkerHandle | undefined = undefined;
  /** The error that ended the worker, as it said itself just before, or as its backend has found out. */
  #cause: unknown = undefined;
  #isInitializing = false;
  #stopStartAlarm: () => void = () => {};
  #endBy = Infinity;
  /** Whether the grace runs only because the worker itself has said that it ends. */
  #departs = false;
  #graceTimer: NodeJS.Timeout | undefined = undefined;

  /** @param channel - on which the outcomes of its nested calls get to it. */
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
    return this.#state;
  }

  get cause(): unknown {
    return this.#cause;
  }

  /** Whether user code, the pool's initializer, has begun to run in it before it was ready. */
  get isInitializing(): boolean {
    return this.#isInitializing;
  }

  get lastWords(): string | undefined {
    return this.#handle?.lastWords;
  }

  get isIdle(): boolean {
    return this.#state === READY && this.#handle?.isIdle() === true;
  }

  /** The backend has started it. It must be ready within `timeout` milliseconds, see start-alarm.ts, or `onLate` is called. */
  begin(handle: WorkerHandle, timeout: number, onLate: () => void): void {
    this.#handle = handle;
    if (this.#state === STARTING) this.#stopStartAlarm = startAlarm(timeout, onLate);
  }

  /** What is the reason of its end, as far as is known; the first to be known counts. */
  recordCause(error: unknown): void {
    this.#cause ??= error;
  }

  /**
   * A message of the worker has arrived.
   *
   * @param answer - tells the worker, which is blocked until then, if the message is a question.
   */
  receive(message: FromWorker, answer: (yes: boolean) => void): void {
    if (this.#state === GONE) return;
    switch (message.kind) {
      case 'initializing':
        this.#isInitializing = true;
        break;
      case 'ready':
        this.#stopStartAlarm();
        this.#become(READY);
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
        if (this.#departs && this.#state !== ENDING) this.#stopGrace();
        break;
      default:
        message satisfies never;
    }
  }

  /** It was given the last call that it may do. */
  leave(): void {
    if (this.#become(LEAVING)) this.#events.leaving(this);
  }

  /** It is to end and has nothing in its hands, or has begun to end by itself: from now on its grace runs. */
  emptied(): void {
    if (this.#state === GONE || this.#endBy < Infinity) return;
    this.#beginGrace();
  }

  #beginGrace(): void {
    this.#endBy = performance.now() + GRACE;
    // The worker itself holds the process until it is gone.
    this.#graceTimer = setTimeout(() => this.#endGrace(), GRACE).unref();
  }

  /** A call may have got to it before it knew that it was to end: that one is waited for. */
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

  /** Lets it finish what it has and end. @returns whether it had not been told before. */
  close(): boolean {
    const told = this.expectEnd();
    if (told) this.#handle?.close();
    return told;
  }

  /** Ends it at once, whatever it does. */
  terminate(signal?: NodeJS.Signals): void {
    this.expectEnd();
    this.#handle?.terminate(signal);
  }

  /** Its end will be no surprise. */
  expectEnd(): boolean {
    this.#stopStartAlarm();
    return this.#become(ENDING);
  }

  /** A thread that is blocked has no timers: it asks now and then. */
  lookAt(now: number): void {
    if (now >= this.#endBy) this.#endGrace();
  }

  /** It is gone, as its backend has seen. */
  exited(death: WorkerDeath, retired: boolean): void {
    if (this.#state !== GONE) this.#events.exited(this, death, retired);
  }

  /** Its pool has struck it off. @returns the state that it was in. */
  remove(): WorkerState {
    const before = this.#state;
    this.#stopStartAlarm();
    clearTimeout(this.#graceTimer);
    this.#state = GONE;
    this.nested.end();
    return before;
  }

  #become(state: WorkerState): boolean {
    if (!canBecome(this.#state, state)) return false;
    this.#state = state;
    return true;
  }
}
