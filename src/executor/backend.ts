/**
 * What a pool needs of the kind of worker it is made of, and what it hears back.
 *
 * A pool (`pool.ts`) decides: how many workers, when to start and end them, what a death means, when
 * calls are taken. A backend carries out: it moves calls to workers and outcomes back, and owns the
 * futures of the calls that it was given. `test/support` has one with no workers at all.
 */
import type { WorkerDeath } from '../errors.ts';

export interface Crew {
  /** Starts a worker in a lane that is free. Its fate is told through {@link BackendEvents}. May throw. */
  spawn(lane: number, name: string): void;
  /** Lets a worker finish what it has and end. */
  close(lane: number): void;
  /** Ends a worker at once; a process by `signal`, SIGKILL if it is not given. */
  terminate(lane: number, signal?: NodeJS.Signals): void;
  /** The last lines that the worker has written to its stderr. */
  lastWords(lane: number): string | undefined;
}

export interface Backend {
  readonly crew: Crew;
  /** Whether a worker has nothing to do. */
  isIdle(lane: number): boolean;
  /** Withdraws every call that has not begun and settles its future as cancelled. */
  cancelPending(): void;
  /** Withdraws every call that has not begun, and fails its future. */
  failPending(error: (task: string | undefined) => Error): void;
  /**
   * After a worker is gone: settles the calls that it had finished with their outcome, and those it
   * had begun with an error. The lane is free when it returns; what it returns then settles the futures,
   * whose callbacks may use the pool, and even block on it.
   */
  recover(lane: number, error: (task: string | undefined) => Error): () => void;
  /** Calls that have not begun. */
  pendingCalls(): number;
  /** The pool is over: no call will come, no worker is left. May be said more than once. */
  end(): void;
}

/** What a pool hears of its backend. */
export interface BackendEvents {
  /** The worker has started and its initializer has returned. */
  ready(lane: number): void;
  /** The initializer threw, or the worker could not be set up. The worker ends. */
  startFailed(lane: number, error: unknown): void;
  /**
   * The worker is gone. `cause`: the error that ended it, if one did. `retired`: it ended by itself
   * because it has done as many calls as it may.
   */
  exited(lane: number, death: WorkerDeath, cause: unknown, retired: boolean): void;
  /**
   * The worker has been given the last call that it may do. Another may start meanwhile, so that it is
   * there when it is needed.
   */
  leaving(lane: number): void;
  /** A call has left the backend, with its outcome or without. */
  left(outcome: CallOutcome): void;
}

export type CallOutcome = 'completed' | 'failed' | 'cancelled';
