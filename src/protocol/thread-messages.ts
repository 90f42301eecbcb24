/**
 * The messages between a parent and a worker thread that other workers don't have. For calls see `thread/layout.ts`.
 */
import type { MessageValue } from '../codec/message.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';

/** The data that a thread gets at its start, as `workerData`. */
export interface ThreadStart extends WorkerStart {
  readonly memory: SharedArrayBuffer;
  /** Number of workers that the memory has room for. */
  readonly workers: number;
  readonly index: number;
}

/**
 * The arguments of a call that can't be stored in shared memory. `entry` identifies the slot and the current use of
 * it.
 *
 * They arrive before the call can be claimed, or when the worker asks for them. `bytes`: a clone, in memory that all
 * threads share. `directed`: only this worker can run the call, which is not in the queue.
 */
export interface ArgumentsMessage {
  readonly kind: 'arguments';
  readonly entry: number;
  readonly args?: MessageValue;
  readonly bytes?: Uint8Array;
  readonly directed?: true;
}

export type ToThread = ToWorker | ArgumentsMessage;

export type FromThread =
  | FromWorker
  /** The value of the call `entry`, or the error that it threw. Sent before the notice about this call. */
  | { readonly kind: 'outcome'; readonly entry: number; readonly value: MessageValue };
