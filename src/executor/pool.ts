/**
 * The management of the workers of a pool: their number, their starts and deaths, the end of the pool. It uses its
 * backend through `backend.ts` only.
 *
 *     submit -> admit() -> entering() -> backend takes the call -> entered() -> a worker is started if one is needed
 *                                  left() <- an outcome, a withdrawal, a death
 *
 * Workers are started when more calls are under way than workers exist: one at each submit, up to `maxWorkers`. So
 * every call gets a worker of its own as long as more may start, and successive calls share one.
 *
 * The death of a worker fails its own call and no other; the worker is replaced when the remaining calls need it. A
 * worker that can't be started, or dies while it starts, counts as a shortage of the system: with healthy workers the
 * pool goes on with those and tries again later. Without any, the waiting calls fail after three tries in a row, and
 * the next call tries again. Only a failing initializer breaks a pool, as in Python, and `onWorkerDeath: 'break'`.
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
import { WorkerState } from './worker-state.ts';

/** Number of failed starts in a row after which waiting calls fail. */
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

  /** So many that no worker waits for the input. */
  get lookAhead(): number {
    return 2 * this.settings.maxWorkers;
  }

  /** The existing workers, including those that are starting or ending. */
  get workers(): Iterable<PoolWorker> {
    return this.#workers.values();
  }

  /** @throws BrokenExecutor, or ShutdownError, if no call can be taken. */
  admit(): void {
    this.#admission.admit();
  }

  /**
   * A call is about to be taken, and counts from here on: getters of its arguments may shut the pool down, and the pool
   * must not end before the call.
   */
  entering(): void {
    this.#admission.entered();
  }

  /** The backend has taken the call. */
  entered(): void {
    if (this.#needsWorker()) this.#start();
  }

  /** A call was settled before it was taken. */
  refused(outcome: CallOutcome = 'failed'): void {
    this.#admission.refused(outcome);
  }

  /** A call has left the backend, with or without an outcome. */
  left(outcome: CallOutcome): void {
    this.#admission.left(outcome);
    if (this.#isForgotten) this.#shutDownIfForgotten();
  }

  /**
   * Takes no further calls, and ends the workers when no call is left. The promise settles when the last worker is
   * gone.
   */
  shutdown({ wait = true, cancelFutures = false }: ShutdownOptions): Promise<void> {
    const closed = this.#admission.shutdown();
    if (cancelFutures) this.#backend.cancelPending();
    if (this.#admission.underWay === 0) this.#closeWorkers();
    return wait ? closed : Promise.resolve();
  }

  /** Only the pool's own tasks can reach the executor any more: the pool is shut down when they are over. */
  forget(): void {
    this.#isForgotten = true;
    this.#shutDownIfForgotten();
  }

  #shutDownIfForgotten(): void {
    if (this.#admission.underWay === 0) void this.shutdown({ wait: false });
  }

  /** Ends the workers with a signal, in any state; calls that have not begun are cancelled. Does not wait. */
  forceShutdown(signal: NodeJS.Signals): void {
    void this.shutdown({ wait: false, cancelFutures: true });
    for (const worker of this.#workers.values()) {
      // If the worker outlives the signal, it ends after its calls.
      worker.close();
      worker.terminate(signal);
    }
  }

  /** The process has nothing else to do: idle workers end in order, so that their output arrives. */
  retireIdleWorkers(): void {
    if (this.#admission.underWay > 0) return;
    for (const worker of this.#workers.values()) this.#closeEmpty(worker);
  }

  /** Replaces timers while this thread is blocked. */
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

  // OwnPoolActions: actions of the workers' tasks on the pool.

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

  /** A worker has gone, and workers that needed it may be blocked for ever. */
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
    // If no further call will come, the remaining calls are this worker's own, and a successor is needed only if tasks
    // wait for nested calls.
    if (this.#admission.isOpen || !worker.nested.isEmpty) this.#replace();
  }

  startFailed(worker: PoolWorker, error: unknown): void {
    if (!worker.isStarting) return;
    worker.expectEnd();
    worker.emptied();
    this.#break(
      `The initializer of worker ${worker.name} failed; the pool is not usable anymore.`,
      'ERR_INITIALIZER',
      error,
    );
  }

  exited(worker: PoolWorker, death: WorkerDeath, retired: boolean): void {
    const { cause, name } = worker;
    const before = worker.remove();
    this.#workers.delete(worker.index);
    const settle = this.#backend.recover(worker, (task, beside) =>
      this.#deathError(name, death, cause, task, beside),
    );
    const isBreaking = this.settings.onWorkerDeath === 'break';
    if (before === WorkerState.Starting || before === WorkerState.Initializing) {
      // Only an exit of its own counts: a kill, or an unknown cause, is not the fault of the initializer.
      if (before === WorkerState.Initializing && death.exitCode !== undefined)
        this.#brokenByInitializer(name, death, cause);
      else if (isBreaking)
        this.#breakAndTerminate(deathText(name, death, cause, undefined, []), cause);
      else this.#startFailedFor(diedStarting(name, death, cause));
    } else if (!retired && before !== WorkerState.Ending && isBreaking)
      this.#breakAndTerminate(deathText(name, death, cause, undefined, []), cause);
    this.#replace();
    settle();
    this.#breakDeadlocks();
    this.#settleClosed();
  }

  /** @returns true if one is starting now. */
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
      // A defect of the initializer is permanent.
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

  /** A worker could not be started: the system lacks a resource, or a setting of the start is wrong. */
  #startFailedFor({ text, cause }: StartFailure): void {
    const failures = this.#retry.failed();
    if (this.#canDoWithout() || failures < TRIES) return;
    this.#failForWant(
      `${text} There were ${TRIES} tries in a row; the next call tries again.`,
      cause,
    );
  }

  /** With fewer workers a pool is slower, but works. */
  #canDoWithout(): boolean {
    for (const { state } of this.#workers.values()) if (state === WorkerState.Ready) return true;
    return false;
  }

  #failForWant(text: string, cause: unknown): void {
    this.#retry.reset();
    this.#backend.failPending(
      () => new this.#brokenClass(text, { code: 'ERR_WORKER_START', cause }),
    );
  }

  #startTooLong(worker: PoolWorker): void {
    if (!worker.isStarting) return;
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

  /** Called with each call: cheap conditions come first. */
  #needsWorker(): boolean {
    if (this.#workers.size >= this.#backend.mostWorkers || this.#retry.isWaiting) return false;
    let staying = 0;
    for (const { state } of this.#workers.values()) if (state !== WorkerState.Leaving) staying++;
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

  /** Calls that run on healthy workers complete; all others fail, each with an error of its own. */
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

  /** For a worker with no call in hand. */
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
