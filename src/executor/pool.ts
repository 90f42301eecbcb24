/**
 * A pool of workers without the workers: how many there are, what their births and deaths mean, when everything is over.
 * Knows its backend through `backend.ts` only.
 *
 *     submit -> admit() -> entering() -> backend takes the call -> entered() -> a worker is started if one is needed
 *                                  left() <- an outcome, a withdrawal, a death
 *
 * Workers are started when there are more calls under way than workers: one for each submit, up to `maxWorkers`. So every
 * call gets a worker of its own as long as there may be more, and calls one after the other share one.
 *
 * A worker that dies takes its own call with it and nothing else; it is replaced when the calls left need it. One that
 * can't be started, or dies while it starts, is a shortage and no verdict: with healthy workers the pool goes on with
 * those and tries again later. Without any, the calls that wait fail after three tries in a row, and the next call tries
 * again. Only a failing initializer breaks a pool, as in Python, and `onWorkerDeath: 'break'`.
 */
import { type BrokenExecutor, type ErrorCode, PicklingError, type WorkerDeath } from '../errors.ts';
import { warn } from '../events/warnings.ts';
import type { ShutdownOptions } from './executor.ts';
import { reason } from '../util/validate.ts';
import { Admission } from './admission.ts';
import { deadlocked } from './deadlock.ts';
import type { Backend, CallOutcome, WorkerEvents } from './backend.ts';
import { enterExitHook, leaveExitHook } from './exit-hook.ts';
import type { PoolSettings } from './pool-options.ts';
import { type OwnPoolActions, PoolWorker } from './pool-worker.ts';
import { StartRetry } from './start-retry.ts';
import type { ExecutorStats } from './stats.ts';
import {
  type BrokenClass,
  deathText,
  diedStarting,
  howItEnded,
  type StartFailure,
  stderrText,
} from './worker-errors.ts';
import { ENDING, LEAVING, READY, STARTING } from './worker-state.ts';

/** How often in a row a worker is tried to be started before calls fail for want of one. */
const TRIES = 3;

export class Pool implements WorkerEvents, OwnPoolActions {
  readonly settings: PoolSettings;
  readonly #admission = new Admission(() => this.#closeWorkers());
  readonly #retry = new StartRetry(() => this.#replace());
  readonly #brokenClass: BrokenClass<BrokenExecutor>;
  readonly #backend: Backend;
  readonly #workers = new Map<number, PoolWorker>();
  #isForgotten = false;

  constructor(
    settings: PoolSettings,
    brokenClass: BrokenClass<BrokenExecutor>,
    makeBackend: (pool: Pool) => Backend,
  ) {
    this.settings = settings;
    this.#brokenClass = brokenClass;
    this.#backend = makeBackend(this);
  }

  /** Enough that no worker waits for the input. */
  get lookAhead(): number {
    return 2 * this.settings.maxWorkers;
  }

  /** The workers that there are, those that are starting or ending included. */
  get workers(): Iterable<PoolWorker> {
    return this.#workers.values();
  }

  /** @throws BrokenExecutor, or ShutdownError, if no call can be taken. */
  admit(): void {
    this.#admission.admit();
  }

  /**
   * A call is about to be taken. It counts from here on: its arguments may have getters, and these may shut the pool down,
   * which must not be over before the call is.
   */
  entering(): void {
    this.#admission.entered();
  }

  /** The backend has taken the call. */
  entered(): void {
    if (this.#needsWorker()) this.#start();
  }

  /** A call is over before it could be taken. */
  refused(outcome: CallOutcome = 'failed'): void {
    this.#admission.refused(outcome);
  }

  /** A call has left the backend, with its outcome or without. */
  left(outcome: CallOutcome): void {
    this.#admission.left(outcome);
    if (this.#isForgotten) this.#shutDownIfForgotten();
  }

  /**
   * Takes no further calls, and ends the workers when there are none left. The promise settles when the
   * last worker is gone.
   */
  shutdown({ wait = true, cancelFutures = false }: ShutdownOptions): Promise<void> {
    const closed = this.#admission.shutdown();
    if (cancelFutures) this.#backend.cancelPending();
    if (this.#admission.underWay === 0) this.#closeWorkers();
    return wait ? closed : Promise.resolve();
  }

  /** Nobody can reach the executor any more but its own tasks: it is shut down when these are over. */
  forget(): void {
    this.#isForgotten = true;
    this.#shutDownIfForgotten();
  }

  #shutDownIfForgotten(): void {
    if (this.#admission.underWay === 0) void this.shutdown({ wait: false });
  }

  /** Ends the workers with a signal, whatever they do; calls that have not begun are cancelled. Does not wait. */
  forceShutdown(signal: NodeJS.Signals): void {
    void this.shutdown({ wait: false, cancelFutures: true });
    for (const worker of this.#workers.values()) {
      // Should it outlive the signal, it ends when it has done what it has in its hands.
      worker.close();
      worker.terminate(signal);
    }
  }

  /** The process has nothing else to do: idle workers end in order, so that what they wrote arrives. */
  retireIdleWorkers(): void {
    if (this.#admission.underWay > 0) return;
    for (const worker of this.#workers.values()) this.#closeEmpty(worker);
  }

  /** What a thread that is blocked has no timers for. */
  lookAt(now: number): void {
    this.#retry.lookAt(now);
    for (const worker of this.#workers.values()) worker.lookAt(now);
  }

  stats(): ExecutorStats {
    const pending = this.#backend.pendingCalls();
    let idle = 0;
    for (const worker of this.#workers.values()) if (worker.isIdle) idle++;
    return Object.freeze({
      maxWorkers: this.settings.maxWorkers,
      workers: this.#workers.size,
      idle,
      pending,
      running: this.#admission.underWay - pending,
      ...this.#admission.counts,
    });
  }

  // OwnPoolActions: what tasks of the workers do to the pool.

  submit(...call: Parameters<Backend['submit']>): ReturnType<Backend['submit']> {
    this.admit();
    return this.#backend.submit(...call);
  }

  shutdownByTask(cancelFutures: boolean): void {
    void this.shutdown({ wait: false, cancelFutures });
  }

  isDeadlocked(worker: PoolWorker): boolean {
    return this.#deadlocked().includes(worker);
  }

  /** A worker has gone, and whoever counted on it can't any more. */
  #breakDeadlocks(): void {
    for (let stuck = this.#deadlocked(); stuck.length > 0; stuck = this.#deadlocked())
      stuck[0]?.nested.breakDeadlock();
  }

  #deadlocked(): readonly PoolWorker[] {
    this.#backend.catchUp();
    const mayStart = this.#workers.size < this.settings.maxWorkers;
    return deadlocked(this.#workers.values(), mayStart);
  }

  // WorkerEvents.

  ready(worker: PoolWorker): void {
    this.#retry.reset();
    if (this.#admission.underWay === 0 && !this.#admission.isOpen) this.#closeEmpty(worker);
    else this.#replace();
  }

  leaving(worker: PoolWorker): void {
    // Later, if at all, where no further call will come: those that are left are this worker's own. It may wait for some of them.
    if (this.#admission.isOpen || !worker.nested.isEmpty) this.#replace();
  }

  startFailed(worker: PoolWorker, error: unknown): void {
    if (worker.state !== STARTING) return;
    worker.expectEnd();
    worker.emptied();
    this.#break(
      `The initializer of worker ${worker.name} failed; the pool is not usable anymore.`,
      'ERR_INITIALIZER',
      error,
    );
  }

  exited(worker: PoolWorker, death: WorkerDeath, retired: boolean): void {
    const { cause, isInitializing, name } = worker;
    const before = worker.remove();
    this.#workers.delete(worker.index);
    const settle = this.#backend.recover(worker, (task, beside) =>
      this.#deathError(name, death, cause, task, beside),
    );
    const isBreaking = this.settings.onWorkerDeath === 'break';
    if (before === STARTING) {
      // Only its own exit: whoever kills it, or is not known, is no fault of the initializer's.
      if (isInitializing && death.exitCode !== undefined)
        this.#brokenByInitializer(name, death, cause);
      else if (isBreaking)
        this.#breakAndTerminate(deathText(name, death, cause, undefined, []), cause);
      else this.#startFailedFor(diedStarting(name, death, cause));
    } else if (!retired && before !== ENDING && isBreaking)
      this.#breakAndTerminate(deathText(name, death, cause, undefined, []), cause);
    this.#replace();
    settle();
    this.#breakDeadlocks();
    this.#settleClosed();
  }

  /** @returns whether one is starting now. */
  #start(): boolean {
    if (this.#admission.isBroken) return false;
    let index = 0;
    while (this.#workers.has(index)) index++;
    const { threadNamePrefix, startTimeout } = this.settings;
    const worker = new PoolWorker(
      index,
      `${threadNamePrefix}_${index}`,
      this.#backend.channel,
      this,
      this,
    );
    this.#workers.set(index, worker);
    if (this.#workers.size === 1) enterExitHook(this);
    try {
      const handle = this.#backend.start(worker);
      worker.begin(handle, startTimeout, () => this.#startTooLong(worker));
      return true;
    } catch (cause) {
      worker.remove();
      this.#workers.delete(index);
      // What is wrong with the initializer is wrong each time.
      if (cause instanceof PicklingError) this.#breakForWantOf(worker, cause);
      else this.#startFailedFor(diedStarting(worker.name, {}, cause));
      return false;
    }
  }

  #breakForWantOf(worker: PoolWorker, cause: unknown): void {
    this.#break(
      `Worker ${worker.name} could not be started; the pool is not usable anymore: ${reason(cause)}`,
      'ERR_WORKER_START',
      cause,
    );
  }

  /** A worker could not be started: the system is short of something, or what it is told to start with is wrong. */
  #startFailedFor({ text, cause }: StartFailure): void {
    const failures = this.#retry.failed();
    if (this.#canDoWithout() || failures < TRIES) return;
    this.#failForWant(
      `${text} There were ${TRIES} tries in a row; the next call tries again.`,
      cause,
    );
  }

  /** With fewer workers than there might be a pool is slower, and no worse. */
  #canDoWithout(): boolean {
    for (const { state } of this.#workers.values()) if (state === READY) return true;
    return false;
  }

  #failForWant(text: string, cause: unknown): void {
    this.#retry.reset();
    this.#backend.failPending(
      () => new this.#brokenClass(text, { code: 'ERR_WORKER_START', cause }),
    );
  }

  #startTooLong(worker: PoolWorker): void {
    if (worker.state !== STARTING) return;
    const { initializer, startTimeout } = this.settings;
    const { lastWords, name } = worker;
    const what =
      initializer === undefined ? 'was not ready' : 'was not ready (did its initializer return?)';
    const text = `Worker ${name} ${what} after ${startTimeout} ms`;
    const hint = `If it needs longer, set startTimeout.${stderrText(lastWords)}`;
    worker.terminate();
    if (initializer !== undefined) {
      this.#break(`${text}; the pool is not usable anymore. ${hint}`, 'ERR_INITIALIZER', undefined);
      return;
    }
    this.#retry.failed();
    if (!this.#canDoWithout()) this.#failForWant(`${text}. ${hint}`, undefined);
  }

  #replace(): void {
    while (this.#needsWorker() && this.#start());
  }

  /** With each call: what is cheap to know comes first. */
  #needsWorker(): boolean {
    if (this.#workers.size >= this.#backend.mostWorkers || this.#retry.isWaiting) return false;
    let staying = 0;
    for (const { state } of this.#workers.values()) if (state !== LEAVING) staying++;
    return this.#admission.underWay > staying && staying < this.settings.maxWorkers;
  }

  #brokenByInitializer(name: string, death: WorkerDeath, cause: unknown): void {
    this.#break(
      `Worker ${name} ended in its initializer, ${howItEnded(death)}; ` +
        `the pool is not usable anymore.${stderrText(death.stderr)}`,
      'ERR_INITIALIZER',
      cause,
    );
  }

  /** Calls that run on healthy workers complete; everything else fails, each call with an error of its own. */
  #break(message: string, code: ErrorCode, cause: unknown): void {
    const error = (): BrokenExecutor => new this.#brokenClass(message, { cause, code });
    if (this.#admission.break(error)) warn('CF_POOL_BROKEN', message, cause);
    this.#backend.failPending(() => this.#admission.brokenError() ?? error());
    if (this.#admission.underWay === 0) this.#closeWorkers();
  }

  #breakAndTerminate(message: string, cause: unknown): void {
    this.#break(
      `${message} The pool is not usable anymore, as onWorkerDeath 'break' has it.`,
      'ERR_POOL_BROKEN',
      cause,
    );
    for (const worker of this.#workers.values()) worker.terminate();
  }

  /** No call is under way, and none will be. */
  #closeWorkers(): void {
    for (const worker of this.#workers.values()) this.#closeEmpty(worker);
    this.#settleClosed();
  }

  /** For a worker with nothing in its hands. */
  #closeEmpty(worker: PoolWorker): void {
    worker.close();
    worker.emptied();
  }

  #settleClosed(): void {
    if (this.#workers.size > 0) return;
    leaveExitHook(this);
    if (this.#admission.isOpen || this.#admission.underWay > 0) return;
    this.#retry.reset();
    this.#backend.end();
    this.#admission.close();
  }

  #deathError(
    worker: string,
    death: WorkerDeath,
    cause: unknown,
    task: string | undefined,
    beside: readonly string[],
  ): Error {
    const broken = this.#admission.brokenError();
    if (broken !== undefined) return broken;
    return new this.#brokenClass(deathText(worker, death, cause, task, beside), {
      code: 'ERR_WORKER_DIED',
      cause,
      death: { ...death, worker, ...(task === undefined ? {} : { task }) },
    });
  }
}
