/**
 * A pool of workers without the workers: who may submit, how many workers there are, what their
 * births and deaths mean, when everything is over. Knows its backend through `backend.ts` only.
 *
 *     submit -> admit() -> backend takes the call -> entered() -> a worker is started if one is needed
 *                                  left() <- an outcome, a withdrawal, a death
 *
 * Workers are started when there are more calls under way than workers: one for each submit, up to
 * `maxWorkers`. So every call gets a worker of its own as long as there may be more, and calls one
 * after the other share one.
 *
 * A worker that dies takes its own call with it and nothing else; it is replaced when the calls left
 * need it. A worker that can't even start is different: the next one could not either. It breaks the
 * pool, as a failing initializer does in Python.
 */
import { BrokenExecutor, type ErrorCode, ShutdownError, type WorkerDeath } from '../errors.ts';
import { warn } from '../events/warnings.ts';
import type { Backend, BackendEvents, CallOutcome } from './backend.ts';
import type { ShutdownOptions } from './executor.ts';
import { alarm, deadlineIn } from '../util/deadline.ts';
import { reason } from '../util/validate.ts';
import { enterExitHook, leaveExitHook, processIsExiting } from './exit-hook.ts';
import { KeepAlive } from './keep-alive.ts';
import type { PoolSettings } from './pool-options.ts';
import {
  afterShutdown,
  BROKEN,
  DRAINING,
  ENDING,
  isExpectedExit,
  LEAVING,
  OPEN,
  type PoolState,
  READY,
  STARTING,
  type WorkerState,
} from './pool-state.ts';
import type { ExecutorStats } from './stats.ts';

interface WorkerRecord {
  readonly name: string;
  state: WorkerState;
  readonly stopAlarm: () => void;
}

export type BrokenClass<E extends BrokenExecutor> = new (
  message: string,
  options?: ErrorOptions & { code?: ErrorCode; death?: WorkerDeath },
) => E;

export class Pool implements BackendEvents {
  readonly settings: PoolSettings;
  /** Holds the process until the workers are gone, once somebody waits for that. */
  readonly #keepAlive = new KeepAlive();
  readonly #brokenClass: BrokenClass<BrokenExecutor>;
  readonly #backend: Backend;
  readonly #workers = new Map<number, WorkerRecord>();
  #state: PoolState = OPEN;
  /** Why the pool is broken: the message and cause that each failing call gets in an error of its own. */
  #brokenBy:
    | { readonly message: string; readonly code: ErrorCode; readonly cause: unknown }
    | undefined = undefined;
  #underWay = 0;
  /** How many of the workers have calls of their own left, but take no others. */
  #leaving = 0;
  #completed = 0;
  #failed = 0;
  #cancelled = 0;
  #closed: Promise<void> | undefined = undefined;
  #resolveClosed: (() => void) | undefined = undefined;

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

  /** @throws BrokenExecutor, or ShutdownError, if no call can be taken. */
  admit(): void {
    if (this.#state === OPEN && !processIsExiting()) return;
    if (this.#brokenBy !== undefined) throw this.#brokenError();
    if (this.#state === DRAINING) {
      throw new ShutdownError(
        'Cannot schedule new futures after shutdown. Make a new executor, or shut this one down later.',
      );
    }
    throw new ShutdownError('Cannot schedule new futures: the process is exiting.');
  }

  /** The backend has taken a call. */
  entered(): void {
    this.#underWay++;
    if (this.#needsWorker()) this.#spawn();
  }

  /** A call has failed, or was cancelled, before it could be taken. */
  refused(outcome: 'failed' | 'cancelled' = 'failed'): void {
    if (outcome === 'failed') this.#failed++;
    else this.#cancelled++;
  }

  left(outcome: CallOutcome): void {
    if (outcome === 'completed') this.#completed++;
    else if (outcome === 'failed') this.#failed++;
    else this.#cancelled++;
    if (--this.#underWay === 0 && this.#state !== OPEN) this.#closeWorkers();
  }

  ready(lane: number): void {
    const worker = this.#workers.get(lane);
    if (worker === undefined) return;
    worker.stopAlarm();
    if (worker.state === STARTING) worker.state = READY;
    if (this.#underWay === 0 && this.#state !== OPEN) this.#closeWorkers();
  }

  leaving(lane: number): void {
    const worker = this.#workers.get(lane);
    if (worker === undefined || worker.state !== READY) return;
    worker.state = LEAVING;
    this.#leaving++;
    // Later, if at all, where no further call will come: those that are left may all be this worker's own.
    if (this.#state === OPEN) this.#replace();
  }

  startFailed(lane: number, error: unknown): void {
    const worker = this.#workers.get(lane);
    if (worker === undefined || worker.state !== STARTING) return;
    worker.state = ENDING;
    this.#break(
      `The initializer of worker ${worker.name} failed; the pool is not usable anymore.`,
      'ERR_INITIALIZER',
      error,
    );
  }

  exited(lane: number, death: WorkerDeath, cause: unknown, retired: boolean): void {
    const worker = this.#workers.get(lane);
    if (worker === undefined) return;
    worker.stopAlarm();
    this.#workers.delete(lane);
    const { state } = worker;
    this.#endOf(worker);
    const settle = this.#backend.recover(lane, (task) =>
      this.#deathError(worker.name, death, cause, task),
    );
    if (state === STARTING && isStillborn(death)) {
      if (!this.#canDoWithout()) this.#breakForWantOf(worker.name, cause);
      settle();
      this.#settleClosed();
      return;
    }
    if (state === STARTING) {
      const { initializer } = this.settings;
      const during = initializer === undefined ? '' : ' (in its initializer, or before)';
      this.#break(
        `Worker ${worker.name} ended${during} before it was ready, ${howItEnded(death)}; ` +
          `the pool is not usable anymore.${stderrText(death.stderr)}`,
        initializer === undefined ? 'ERR_WORKER_START' : 'ERR_INITIALIZER',
        cause,
      );
    } else if (!retired && !isExpectedExit(state) && this.settings.onWorkerDeath === 'break') {
      this.#breakAndTerminate(
        this.#deathError(worker.name, death, cause, undefined).message,
        cause,
      );
    }
    this.#replace();
    settle();
    this.#settleClosed();
  }

  /**
   * Takes no further calls, and ends the workers when there are none left. The promise settles when the
   * last worker is gone.
   */
  shutdown({ wait = true, cancelFutures = false }: ShutdownOptions): Promise<void> {
    this.#state = afterShutdown(this.#state);
    if (cancelFutures) this.#backend.cancelPending();
    if (this.#underWay === 0) this.#closeWorkers();
    this.#closed ??= new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#keepAlive.hold();
    this.#settleClosed();
    return wait ? this.#closed : Promise.resolve();
  }

  /** Ends the workers with a signal, whatever they do; calls that have not begun are cancelled. Does not wait. */
  forceShutdown(signal: NodeJS.Signals): void {
    void this.shutdown({ wait: false, cancelFutures: true });
    for (const [lane, worker] of this.#workers) {
      this.#endOf(worker);
      // Should it outlive the signal, it ends when it has done what it has in its hands.
      this.#backend.crew.close(lane);
      this.#backend.crew.terminate(lane, signal);
    }
  }

  /** The process has nothing else to do: idle workers end in order, so that what they wrote arrives. */
  retireIdleWorkers(): boolean {
    if (this.#underWay > 0) return false;
    let some = false;
    for (const [lane, worker] of this.#workers) {
      if (worker.state === ENDING) continue;
      this.#endOf(worker);
      this.#backend.crew.close(lane);
      some = true;
    }
    return some;
  }

  stats(): ExecutorStats {
    const pending = this.#backend.pendingCalls();
    let idle = 0;
    for (const [lane, worker] of this.#workers) {
      if (worker.state === READY && this.#backend.isIdle(lane)) idle++;
    }
    return Object.freeze({
      maxWorkers: this.settings.maxWorkers,
      workers: this.#workers.size,
      idle,
      pending,
      running: this.#underWay - pending,
      completed: this.#completed,
      failed: this.#failed,
      cancelled: this.#cancelled,
    });
  }

  /** @returns whether one is starting now. */
  #spawn(): boolean {
    if (this.#state === BROKEN) return false;
    let lane = 0;
    while (this.#workers.has(lane)) lane++;
    const { threadNamePrefix, startTimeout } = this.settings;
    const name = `${threadNamePrefix}_${lane}`;
    const stopAlarm = alarm(deadlineIn(startTimeout), () => this.#startTooLong(lane));
    this.#workers.set(lane, { name, state: STARTING, stopAlarm });
    if (this.#workers.size === 1) enterExitHook(this);
    try {
      this.#backend.crew.spawn(lane, name);
      return true;
    } catch (error) {
      stopAlarm();
      this.#workers.delete(lane);
      if (!this.#canDoWithout()) this.#breakForWantOf(name, error);
      return false;
    }
  }

  /** With fewer workers than there might be a pool is slower, and no worse. */
  #canDoWithout(): boolean {
    return [...this.#workers.values()].some(({ state }) => state === READY);
  }

  #breakForWantOf(name: string, cause: unknown): void {
    this.#break(
      `Worker ${name} could not be started; the pool is not usable anymore: ${reason(cause)}`,
      'ERR_WORKER_START',
      cause,
    );
  }

  #startTooLong(lane: number): void {
    const worker = this.#workers.get(lane);
    if (worker === undefined || worker.state !== STARTING) return;
    worker.state = ENDING;
    const { initializer, startTimeout } = this.settings;
    const what =
      initializer === undefined ? 'was not ready' : 'was not ready (did its initializer return?)';
    this.#break(
      `Worker ${worker.name} ${what} after ${startTimeout} ms; the pool is not usable anymore. ` +
        `If it needs longer, set startTimeout.${stderrText(this.#backend.crew.lastWords(lane))}`,
      initializer === undefined ? 'ERR_WORKER_START' : 'ERR_INITIALIZER',
      undefined,
    );
    this.#backend.crew.terminate(lane);
  }

  #replace(): void {
    while (this.#needsWorker() && this.#spawn());
  }

  #needsWorker(): boolean {
    const staying = this.#workers.size - this.#leaving;
    return this.#underWay > staying && staying < this.settings.maxWorkers;
  }

  #endOf(worker: WorkerRecord): void {
    if (worker.state === LEAVING) this.#leaving--;
    worker.state = ENDING;
  }

  /** Calls that run on healthy workers complete; everything else fails, each call with an error of its own. */
  #break(message: string, code: ErrorCode, cause: unknown): void {
    if (this.#state !== BROKEN) {
      this.#state = BROKEN;
      this.#brokenBy = { message, code, cause };
      warn('CF_POOL_BROKEN', message, cause);
    }
    this.#backend.failPending(() => this.#brokenError());
    if (this.#underWay === 0) this.#closeWorkers();
  }

  #breakAndTerminate(message: string, cause: unknown): void {
    this.#break(
      `${message} The pool is not usable anymore, as onWorkerDeath 'break' has it.`,
      'ERR_POOL_BROKEN',
      cause,
    );
    for (const [lane, worker] of this.#workers) {
      this.#endOf(worker);
      this.#backend.crew.terminate(lane);
    }
  }

  #closeWorkers(): void {
    for (const [lane, worker] of this.#workers) {
      if (worker.state !== READY) continue;
      worker.state = ENDING;
      this.#backend.crew.close(lane);
    }
    this.#settleClosed();
  }

  #settleClosed(): void {
    if (this.#workers.size > 0) return;
    leaveExitHook(this);
    if (this.#state === OPEN || this.#underWay > 0) return;
    this.#keepAlive.end();
    this.#backend.end();
    this.#resolveClosed?.();
  }

  #brokenError(): BrokenExecutor {
    const { message, code, cause } = this.#brokenBy ?? {
      message: 'The pool is broken.',
      code: undefined,
      cause: undefined,
    };
    return new this.#brokenClass(message, { cause, ...(code === undefined ? {} : { code }) });
  }

  #deathError(
    worker: string,
    death: WorkerDeath,
    cause: unknown,
    task: string | undefined,
  ): BrokenExecutor {
    if (this.#state === BROKEN) return this.#brokenError();
    const who = death.pid === undefined ? worker : `${worker} (pid ${death.pid})`;
    const why = cause instanceof Error ? ` (${cause.name}: ${reason(cause).slice(0, -1)})` : '';
    const what = task === undefined ? '' : ` while it ran ${task}`;
    return new this.#brokenClass(
      `Worker ${who} ended ${howItEnded(death)}${why}${what}.${stderrText(death.stderr)}`,
      {
        code: 'ERR_WORKER_DIED',
        cause,
        death: { ...death, worker, ...(task === undefined ? {} : { task }) },
      },
    );
  }
}

/** Whether there never was a process to end. */
function isStillborn({ exitCode, signal, pid }: WorkerDeath): boolean {
  return exitCode === undefined && signal === undefined && pid === undefined;
}

function howItEnded({ signal, exitCode }: WorkerDeath): string {
  if (signal !== undefined) return `with signal ${signal}`;
  return exitCode === undefined ? 'abruptly' : `with exit code ${exitCode}`;
}

function stderrText(stderr: string | undefined): string {
  return stderr === undefined || stderr === '' ? '' : ` Its last words on stderr:\n${stderr}`;
}
