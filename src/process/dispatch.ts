/**
 * The interface between a pool and its dispatcher: `dispatcher.ts`, in the caller's own thread or, behind
 * `managed-dispatcher.ts`, in a thread beside it.
 */
import type { WorkerDeath } from '../errors.ts';
import type { FunctionEntry } from '../protocol/messages.ts';
import type { FromProcess, ProcessStart, ToProcess } from '../protocol/process-messages.ts';
import type { Call } from './call.ts';
import type { CallTable } from './call-table.ts';
import type { Frame } from '../protocol/frame.ts';
import type { ProcessOptions } from './process-handle.ts';

/** Workers have numbers that are never used again. */
export interface Dispatch<Owner> {
  /** The calls that were added and are not over, and reserved numbers, which must be added or deleted. */
  readonly calls: CallTable<Call<Owner>>;
  add(call: Call<Owner>): void;
  /** @returns true if the call will never run. */
  withdraw(id: number): boolean;
  hasBegun(id: number): boolean;
  /** The worker that was sent the call last. */
  workerOf(id: number): number | undefined;
  /** The calls that have not begun. */
  pending(): Call<Owner>[];
  /** A function has been given a number; calls may use it from now on. */
  announce(entry: FunctionEntry): void;
  /** @throws Error if the system can't start another process. */
  spawn(worker: number, start: Omit<ProcessStart, 'claims' | 'functions'>): void;
  tell(worker: number, message: ToProcess): void;
  /** The worker's tasks wait for `calls` calls of the pool: it can take as many more, and none while it is blocked. */
  setWaiting(worker: number, calls: number, blocked: boolean): void;
  /** Lets a worker finish its calls and end; the process waits for it. */
  close(worker: number): void;
  kill(worker: number, signal: NodeJS.Signals): void;
  isIdle(worker: number): boolean;
  /** The last lines that the worker has written to its stderr. */
  lastWords(worker: number): string | undefined;
  /**
   * Blocks this thread until `isDone()`, handling events meanwhile, or for `timeout` milliseconds. It calls
   * `lookAround` at intervals, for timers that can't fire.
   *
   * @returns false, at once, if no event can arrive while this thread is blocked.
   */
  block(isDone: () => boolean, timeout: number, lookAround: () => void): boolean;
  /** No call will come any more. */
  end(): void;
}

/** The dispatcher's events for its owner. */
export interface DispatchEvents<Owner> {
  /** A call is over. The frame is valid during the call of this function only. */
  outcome(worker: number, call: Call<Owner>, frame: Frame): void;
  /** The worker has defined further shapes. */
  shapes(worker: number, frame: Frame): void;
  message(worker: number, message: FromProcess): void;
  /** The worker has been given its last call. */
  leaving(worker: number): void;
  /** The worker is to end, and has no call in hand. */
  emptied(worker: number): void;
  /**
   * `leaving`: the worker was about to end anyway. `lost`: the calls that it had begun; the others are in the queue
   * again.
   */
  exited(
    worker: number,
    death: WorkerDeath,
    cause: unknown,
    leaving: boolean,
    lost: readonly Call<Owner>[],
  ): void;
}

export interface DispatchSettings {
  readonly maxWorkers: number;
  readonly maxTasksPerChild: number;
  readonly options: ProcessOptions;
  /** The script that workers run. */
  readonly entry: string;
  /** A region of shapes, which the owner writes. */
  readonly shapes: Uint8Array;
}
