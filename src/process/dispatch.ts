/**
 * What a pool needs of whoever hands its calls out to processes: `dispatcher.ts`, in the caller's own
 * thread or, behind `managed-dispatcher.ts`, in one beside it.
 */
import type { WorkerDeath } from '../errors.ts';
import type { FunctionEntry } from '../protocol/messages.ts';
import type { FromProcess, ProcessStart, ToProcess } from '../protocol/process-messages.ts';
import type { Call } from './call.ts';
import type { CallTable } from './call-table.ts';
import type { Frame } from '../protocol/frame.ts';
import type { ProcessOptions } from './process-handle.ts';

/** Workers go by numbers that are never used again. */
export interface Dispatch<Owner> {
  /** Those that were added and are not over; numbers for others, which are to be added or given back. */
  readonly calls: CallTable<Call<Owner>>;
  add(call: Call<Owner>): void;
  /** @returns whether the call will never run. */
  withdraw(id: number): boolean;
  hasBegun(id: number): boolean;
  /** The worker that was sent the call last. */
  workerOf(id: number): number | undefined;
  /** The calls that have not begun. */
  pending(): Call<Owner>[];
  /** A function has been given a number, which calls may use from now on. */
  announce(entry: FunctionEntry): void;
  /** @throws Error if the system can't start another process. */
  spawn(worker: number, start: Omit<ProcessStart, 'claims' | 'functions'>): void;
  tell(worker: number, message: ToProcess): void;
  /** The worker's tasks wait for so many calls of the pool: it can take as many more, and none while it is blocked. */
  setWaiting(worker: number, calls: number, blocked: boolean): void;
  /** Lets a worker finish what it has and end; the process waits for it. */
  close(worker: number): void;
  kill(worker: number, signal: NodeJS.Signals): void;
  isIdle(worker: number): boolean;
  /** The last lines that the worker has written to its stderr. */
  lastWords(worker: number): string | undefined;
  /**
   * Blocks this thread until `isDone()`, letting events happen meanwhile, or for `timeout` milliseconds. `lookAround` is
   * called now and then, for what has a time of its own.
   *
   * @returns false, at once, if nothing could happen while this thread is blocked.
   */
  block(isDone: () => boolean, timeout: number, lookAround: () => void): boolean;
  /** Nothing will come any more. */
  end(): void;
}

/** What the dispatcher's owner hears. */
export interface DispatchEvents<Owner> {
  /** A call is over. The frame is only good for now. */
  outcome(worker: number, call: Call<Owner>, frame: Frame): void;
  /** The worker has defined further shapes. */
  shapes(worker: number, frame: Frame): void;
  message(worker: number, message: FromProcess): void;
  /** The worker has been given the last call that it may do. */
  leaving(worker: number): void;
  /** The worker is to end, and has nothing in its hands. */
  emptied(worker: number): void;
  /**
   * `leaving`: it was about to end anyway. `lost`: the calls that it had begun; those that it had not
   * are in the queue again.
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
