/**
 * The interface between a pool and one kind of worker, in both directions.
 *
 * A pool (`pool.ts`) decides: the number of workers, their start and end, the reaction to a death, admission. A backend
 * carries out: it moves calls to workers and outcomes back, and owns the futures of the calls that it was given.
 * docs/design/how-to-add-a-backend.md goes through it in order; `test/support/fake-backend.ts` has no workers at all.
 *
 * A worker is an object on both sides and never a number: a late message belongs to the worker that sent it, and can't
 * be mistaken for a message of the successor.
 */
import type { Channel } from '../codec/channel.ts';
import type { WorkerDeath } from '../errors.ts';
import type { Future } from '../future/future.ts';
import type { NamedFunction, ToWorker } from '../protocol/messages.ts';
import type { PoolWorker } from './pool-worker.ts';

/** One worker, as the backend has started it. */
export interface WorkerHandle {
  /** Lets the worker finish its calls and end; the process waits for it. */
  close(): void;
  /** Ends the worker at once; a process by `signal`, or SIGKILL. The process waits for it. */
  terminate(signal?: NodeJS.Signals): void;
  /** Sends a message, and wakes the worker if it is blocked. */
  post(message: ToWorker): void;
  /** The call with this number in the worker's messages, if it is under way there. */
  futureOf(call: number): Future<unknown> | undefined;
  /** True if the worker has nothing to do. */
  isIdle(): boolean;
  /** True if a call reached the worker while it was being told to end, and runs. */
  isRunning(): boolean;
  /** The worker's tasks wait for `calls` calls of the pool: it can take as many more. A blocked worker takes none. */
  setWaiting(calls: number, blocked: boolean): void;
  /** The last lines that the worker has written to its stderr. */
  readonly lastWords: string | undefined;
}

/** Makes the error of a call that was lost with its worker; `beside` has the names of the others under way in it. */
export type DeathError = (task: string | undefined, beside: readonly string[]) => Error;

export interface Backend {
  /** The channel on which values reach workers. */
  readonly channel: Channel;
  /** The number of workers that may exist at a time, including those that leave while their successors exist. */
  readonly mostWorkers: number;
  /** Starts a worker and reports its life to the {@link PoolWorker}. @throws Error if the system can't start one. */
  start(worker: PoolWorker): WorkerHandle;
  /** Takes a call that a task of a worker submits to the pool. */
  submit(fn: NamedFunction, args: unknown[]): Future<unknown>;
  /** Withdraws every call that has not begun and settles its future as cancelled. */
  cancelPending(): void;
  /** Withdraws every call that has not begun, and fails its future. */
  failPending(error: (task: string | undefined) => Error): void;
  /**
   * After a worker is gone: takes the outcomes of the calls that it had finished, and makes errors for those it had
   * begun. The worker's index is free when it returns. The returned function then settles the futures, whose callbacks
   * may use the pool, and even block on it.
   */
  recover(worker: PoolWorker, error: DeathError): () => void;
  /** Takes the outcomes that workers have handed over by now, if outcomes do not travel with the messages. */
  catchUp(): void;
  /** The number of calls that have not begun. */
  pendingCalls(): number;
  /** The pool is over: no call will come, no worker is left. May be called more than once. */
  end(): void;
}

/** Events of a worker for its pool, emitted by {@link PoolWorker}. */
export interface WorkerEvents {
  /** The worker has started and its initializer has returned. */
  ready(worker: PoolWorker): void;
  /** The initializer threw. The worker ends. */
  startFailed(worker: PoolWorker, error: unknown): void;
  /** The worker was given its last call. Its successor may start, so that it is ready in time. */
  leaving(worker: PoolWorker): void;
  /** The worker is gone. `retired`: it ended by itself because it has run all the calls that it may. */
  exited(worker: PoolWorker, death: WorkerDeath, retired: boolean): void;
}

export type CallOutcome = 'completed' | 'failed' | 'cancelled';
