/** What a parent and a worker thread say to each other besides what all workers say; see `thread/layout.ts` for calls. */
import type { MessageValue } from '../codec/message.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';

/** What a thread is told with its start, as `workerData`. */
export interface ThreadStart extends WorkerStart {
  readonly memory: SharedArrayBuffer;
  /** How many workers the memory has room for. */
  readonly workers: number;
  readonly index: number;
}

/**
 * The arguments of a call that can't lie in shared memory: `entry` names the slot, and which use of it is meant.
 *
 * They are there before the call can be claimed, or come when the worker asks for them. `bytes`: a clone, in memory that
 * all threads share. `directed`: only this worker can be given the call, which is not in the queue.
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
  /** The value of the call `entry`, or what it threw. Sent before the notice that speaks of it. */
  | { readonly kind: 'outcome'; readonly entry: number; readonly value: MessageValue };
