/**
 * Arguments that have no place in shared memory, and how each call gets to a worker that has them, without this thread
 * having to do anything once the call is published: it may compute, or block, from then on.
 *
 *     clonable        -> bytes in the ring, which whoever claims the call rebuilds
 *      too large      -> bytes in shared memory of their own; its name goes to all workers
 *     bound to the process (shared memory, keys, blobs)
 *      a worker is idle   -> to it alone: it is reserved for the call
 *      none is            -> to all workers: whoever claims the call has them
 *     to be moved (`transfer`)
 *      a worker is idle   -> to it alone
 *      there is one worker, or one that is starting -> to it alone: the call is directed, and waits for it
 *      all are busy       -> they stay here until a worker asks for them. What is moved can be in one thread only, and
 *                            nobody knows yet which of them will be free first; so this one needs our event loop
 *
 * A message is posted before the call can be claimed, so it is in the worker's port by then.
 */
import type { ArgumentsMessage } from '../protocol/thread-messages.ts';
import type { Lane } from './lane.ts';

/** Messages that all workers have, for those that start later. */
export class SharedArguments {
  readonly #bySlot = new Map<number, ArgumentsMessage>();

  /** Sends the message to all workers that there are, and to those that start before the call is over. @throws DataCloneError */
  post(slot: number, message: ArgumentsMessage, lanes: readonly Lane[]): void {
    for (const lane of lanes) lane.thread.send(message);
    this.#bySlot.set(slot, message);
  }

  /** A worker has started. */
  postAll(lane: Lane): void {
    for (const message of this.#bySlot.values()) lane.thread.send(message);
  }

  forget(slot: number): void {
    if (this.#bySlot.size > 0) this.#bySlot.delete(slot);
  }
}

/** Bytes in memory that all threads share. */
export function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
  copy.set(bytes);
  return copy;
}
