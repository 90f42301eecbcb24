/**
 * Arguments that can't lie in shared memory, and the way of each call to a worker that has them. This thread has
 * nothing to do once the call is published, with one exception below: it may compute, or block, from then on.
 *
 *     clonable        -> bytes in the ring; the worker that claims the call rebuilds them
 *      too large      -> bytes in shared memory of their own; a message with that memory goes to all workers
 *     bound to the process (shared memory, keys, blobs)
 *      a worker is free   -> to it alone: it is reserved for the call, which is *directed*, and in no queue
 *      none is            -> to all workers: the one that claims the call has them
 *     to be moved (`transfer`)
 *      a worker is free   -> to it alone, likewise
 *      none is: buffers   -> like clonable ones, and the buffers are taken from the caller all the same. A copy is the
 *                            price of a call that any worker can run, and that is not lost with one that dies first
 *      none is: others    -> ports and streams stay here until a worker requests them. They can be in one thread only,
 *                            and it is not known yet which worker will be free first; this way needs our event loop
 *
 * A message is posted before the call can be claimed, so it is in the worker's port by then.
 */
import { cloneUnlessBound } from '../codec/clone.ts';
import { type MessageValue, toMessage } from '../codec/message.ts';
import { type Snapshot, snapshot } from '../codec/snapshot.ts';
import { WorkerState } from '../executor/worker-state.ts';
import type { ArgumentsMessage } from '../protocol/thread-messages.ts';
import type { ThreadMember } from './thread-member.ts';
import { Location } from './layout.ts';
import { type ParentMemory, Put } from './parent-memory.ts';
import type { Parking } from './parking.ts';
import type { SlotStates } from './slot-state.ts';

/** The part of the transport that this class uses. */
export interface ArgumentsOwner {
  readonly members: readonly ThreadMember[];
  readonly states: SlotStates;
  readonly memory: ParentMemory;
  readonly parking: Parking;
  /** Appends an entry to the queue, and wakes a worker if necessary. */
  append(entry: number): void;
  /** A worker had to be woken for a call outside the queue. */
  woken(): void;
}

export class MessageArguments {
  readonly #owner: ArgumentsOwner;
  /** Messages that all workers have, by slot, for workers that start later. */
  readonly #shared = new Map<number, ArgumentsMessage>();
  /** The workers that were reserved for calls in slots. Such a call is lost if its worker dies before it begins. */
  readonly #directed = new Map<number, ThreadMember>();
  /** Arguments of calls in slots that go to the worker that requests them. */
  readonly #kept = new Map<number, Snapshot>();

  constructor(owner: ArgumentsOwner) {
    this.#owner = owner;
  }

  /**
   * Publishes the call in `slot` with such arguments. @returns false if there is no room now.
   *
   * @throws PicklingError, or DataCloneError, if they can't travel.
   */
  put(
    slot: number,
    args: unknown[],
    transfer: readonly object[] | undefined,
    task: string,
  ): boolean {
    // For objects that can be in one thread only, first look for a worker that can have them at once.
    if (transfer !== undefined && this.#postToOne(slot, args, transfer)) return true;
    const isMovable =
      transfer === undefined || transfer.every((each) => each instanceof ArrayBuffer);
    const clone = isMovable ? cloneUnlessBound(args) : undefined;
    if (clone !== undefined) return this.#putClone(slot, clone, transfer);
    if (transfer === undefined && this.#postToOne(slot, args, undefined)) return true;
    if (isMovable) {
      const { args: copies } = snapshot(args, undefined, task);
      take(transfer);
      this.#postToAll(slot, { args: toMessage(copies) });
    } else {
      const { memory, states } = this.#owner;
      this.#kept.set(slot, snapshot(args, transfer, task));
      memory.putLocation(slot, Location.Kept);
      this.#owner.append(states.publish(slot));
    }
    return true;
  }

  #putClone(slot: number, clone: Uint8Array, transfer: readonly object[] | undefined): boolean {
    const { memory, states } = this.#owner;
    const put = memory.putClone(slot, clone);
    if (put === Put.NoRoom) return false;
    try {
      take(transfer);
    } catch (error) {
      memory.dropArguments(slot);
      throw error;
    }
    if (put === Put.Written) this.#owner.append(states.publish(slot));
    else this.#postToAll(slot, { bytes: inSharedMemory(clone) });
    return true;
  }

  /** The call in the slot is over or withdrawn. */
  forget(slot: number): void {
    if (this.#kept.size > 0) this.#kept.delete(slot);
    if (this.#directed.size > 0) this.#directed.delete(slot);
    if (this.#shared.size > 0) this.#shared.delete(slot);
  }

  /** A worker has started. */
  started(member: ThreadMember): void {
    for (const message of this.#shared.values()) member.thread.send(message);
  }

  /** True if only that worker can run the call in the slot. */
  isDirected(slot: number, member: ThreadMember): boolean {
    return this.#directed.get(slot) === member;
  }

  /** A worker requests arguments that were kept. */
  sendKept(member: ThreadMember, slot: number): void {
    const kept = this.#kept.get(slot);
    if (kept === undefined || !this.#kept.delete(slot)) return;
    const entry = this.#owner.states.entryOf(slot);
    member.thread.send({ kind: 'arguments', entry, args: toMessage(kept.args) }, kept.transfer);
  }

  #postToAll(slot: number, content: { args: MessageValue } | { bytes: Uint8Array }): void {
    const { members, memory, states } = this.#owner;
    memory.putLocation(slot, Location.Message);
    const entry = states.publish(slot);
    const message: ArgumentsMessage = { kind: 'arguments', entry, ...content };
    try {
      for (const member of members) member.thread.send(message);
    } catch (error) {
      states.withdraw(slot);
      throw error;
    }
    this.#shared.set(slot, message);
    this.#owner.append(entry);
  }

  /**
   * Sends the arguments, cloned once or moved, to a worker without a task, which is reserved for the call. @returns
   * false if there is none.
   */
  #postToOne(slot: number, args: unknown[], transfer: readonly object[] | undefined): boolean {
    const { members, memory, parking, states } = this.#owner;
    const member = members.find(({ worker, index }) => {
      // A task that waits in that worker may continue and block it on this very call, or on one that leads to it.
      const isFree = worker.state === WorkerState.Ready && !worker.nested.mayBlock;
      return isFree && parking.reserve(index);
    });
    if (member === undefined) return false;
    memory.putLocation(slot, Location.Message);
    const entry = states.publish(slot);
    try {
      const message = { kind: 'arguments', entry, args: toMessage(args), directed: true } as const;
      member.thread.send(message, transfer);
    } catch (error) {
      states.withdraw(slot);
      parking.release(member.index);
      throw error;
    }
    this.#directed.set(slot, member);
    this.#owner.woken();
    // Publishers may have relied on this worker to look at the queue.
    if (parking.needsWaking()) parking.wakeOne();
    return true;
  }
}

/** Detaches the caller's buffers, as moving them would. @throws DataCloneError if that is not possible. */
function take(transfer: readonly object[] | undefined): void {
  if (transfer !== undefined) structuredClone(null, { transfer: transfer as ArrayBuffer[] });
}

/** Bytes in memory that all threads share. */
function inSharedMemory(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
  copy.set(bytes);
  return copy;
}
