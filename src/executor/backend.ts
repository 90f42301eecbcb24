/**
 * What a pool needs of the kind of worker it is made of, and what it is told.
 *
 * A pool (`pool.ts`) decides: how many workers, when to start and end them, what a death means, when calls are taken. A
 * backend carries out: it moves calls to workers and outcomes back, and owns the futures of the calls that it was given.
 * docs/design/how-to-add-a-backend.md goes through it in order; `test/support` has one with no workers at all.
 *
 * A worker is an object on both sides and never a number: whatever comes late speaks of the worker that it came from,
 * and can't be taken for something that its successor has said.
 */
import type { Channel } from '../codec/channel.ts';
import type { WorkerDeath } from '../errors.ts';
import type { Future } from '../future/future.ts';
import type { NamedFunction, ToWorker } from '../protocol/messages.ts';
import type { PoolWorker } from './pool-worker.ts';

/** One worker, as the backend has started it. */
export interface WorkerHandle {
  /** Lets the worker finish what it has and end; the process waits for it. */
  close(): void;
  /** Ends the worker at once; a process by `signal`, SIGKILL if it is not given. The process waits for it. */
  terminate(signal?: NodeJS.Signals): void;
  /** Sends a message, and wakes the worker if it is blocked. */
  post(message: ToWorker): void;
  /** The call that the worker knows by this number, if it is under way in it. */
  futureOf(call: number): Future<unknown> | undefined;
  /** Whether the worker has nothing to do. */
  isIdle(): boolean;
  /** Whether a call got to the worker while it was being told to end, and runs. */
  isRunning(): boolean;
  /**
   * The worker's tasks wait for so many calls of the pool: it can take as many more, unless one of them blocks it, which
   * takes none.
   */
  setWaiting(calls: number, blocked: boolean): void;
  /** The last lines that the worker has written to its stderr. */
  readonly lastWords: string | undefined;
}

/** Makes the error of a call that was lost with its worker, given the names of the others that were under way in it. */
export type DeathError = (task: string | undefined, beside: readonly string[]) => Error;

export interface Backend {
  /** On which values get to workers. */
  readonly channel: Channel;
  /** How many workers there may be at a time, those included that leave while their successors are there. */
  readonly mostWorkers: number;
  /** Starts a worker, whose fate is told to {@link PoolWorker}. @throws Error if the system can't. */
  start(worker: PoolWorker): WorkerHandle;
  /** Takes a call that a task of a worker submits to the pool. */
  submit(fn: NamedFunction, args: unknown[]): Future<unknown>;
  /** Withdraws every call that has not begun and settles its future as cancelled. */
  cancelPending(): void;
  /** Withdraws every call that has not begun, and fails its future. */
  failPending(error: (task: string | undefined) => Error): void;
  /**
   * After a worker is gone: settles the calls that it had finished with their outcome, and those it had begun with an
   * error. The worker's place is free when it returns; what it returns then settles the futures, whose callbacks may use
   * the pool, and even block on it.
   */
  recover(worker: PoolWorker, error: DeathError): () => void;
  /** Takes the outcomes that workers have handed over by now, if these come by another way than messages. */
  catchUp(): void;
  /** Calls that have not begun. */
  pendingCalls(): number;
  /** The pool is over: no call will come, no worker is left. May be said more than once. */
  end(): void;
}

/** What a pool is told of its workers, by {@link PoolWorker}. */
export interface WorkerEvents {
  /** The worker has started and its initializer has returned. */
  ready(worker: PoolWorker): void;
  /** The initializer threw. The worker ends. */
  startFailed(worker: PoolWorker, error: unknown): void;
  /** The worker was given the last call that it may do. Its successor may start, so that it is there when it is needed. */
  leaving(worker: PoolWorker): void;
  /** The worker is gone. `retired`: it ended by itself because it has done as many calls as it may. */
  exited(worker: PoolWorker, death: WorkerDeath, retired: boolean): void;
}

export type CallOutcome = 'completed' | 'failed' | 'cancelled';
