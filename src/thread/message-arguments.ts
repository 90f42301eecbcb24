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
import { cloneUnlessBound } from '../codec/clone.ts';
import { type MessageValue, toMessage } from '../codec/message.ts';
import { type Snapshot, snapshot } from '../codec/snapshot.ts';
import type { PoolSettings } from '../executor/pool-options.ts';
import { READY, STARTING } from '../executor/worker-state.ts';
import type { ArgumentsMessage } from '../protocol/thread-messages.ts';
import type { Lane } from './lane.ts';
import { Place } from './layout.ts';
import { type ParentMemory, Put } from './parent-memory.ts';
import type { Parking } from './parking.ts';
import { ownerOf, PENDING, type SlotStates, stateOf } from './slot-state.ts';
import type { SlotTable } from './slot-table.ts';

/** What is needed of the transport. */
export interface ArgumentsOwner {
  readonly settings: PoolSettings;
  readonly lanes: readonly Lane[];
  readonly slots: SlotTable;
  readonly states: SlotStates;
  readonly memory: ParentMemory;
  readonly parking: Parking;
  /** Whether there are calls that have found no slot yet. */
  hasHeldCalls(): boolean;
  /** Appends an entry to the queue, and sees to it that somebody looks at it. */
  append(entry: number): void;
  /** A worker had to be woken for a call that is not in the queue. */
  woken(): void;
}

export class MessageArguments {
  readonly #owner: ArgumentsOwner;
  /** Messages that all workers have, by slot, for those that start later. */
  readonly #shared = new Map<number, ArgumentsMessage>();
  /** The workers of calls in slots that only they can run: lost with them, if they die before they begin them. */
  readonly #directed = new Map<number, Lane>();
  /** Arguments of calls in slots that are moved to the worker that asks for them. */
  readonly #kept = new Map<number, Snapshot>();

  constructor(owner: ArgumentsOwner) {
    this.#owner = owner;
  }

  /**
   * Publishes the call in `slot` with such arguments. @returns false if there is no room for them now.
   *
   * @throws PicklingError, or DataCloneError, if they can't travel.
   */
  place(
    slot: number,
    args: unknown[],
    transfer: readonly object[] | undefined,
    task: string,
  ): boolean {
    const { memory, states } = this.#owner;
    const clone = transfer === undefined ? cloneUnlessBound(args) : undefined;
    if (clone !== undefined) {
      const put = memory.putClone(slot, clone);
      if (put === Put.NoRoom) return false;
      if (put === Put.Written) this.#owner.append(states.publish(slot));
      else this.#postToAll(slot, { bytes: inSharedMemory(clone) });
    } else if (!this.#postToOne(slot, args, transfer)) {
      const kept = snapshot(args, transfer, task);
      if (transfer === undefined) this.#postToAll(slot, { args: toMessage(kept.args) });
      else {
        this.#kept.set(slot, kept);
        memory.putPlace(slot, Place.Kept);
        this.#owner.append(states.publish(slot));
      }
    }
    return true;
  }

  /** The call in the slot is over, or withdrawn. */
  forget(slot: number): void {
    if (this.#kept.size > 0) this.#kept.delete(slot);
    if (this.#directed.size > 0) this.#directed.delete(slot);
    if (this.#shared.size > 0) this.#shared.delete(slot);
  }

  /** A worker has started. */
  started(lane: Lane): void {
    for (const message of this.#shared.values()) lane.thread.send(message);
  }

  /** Whether the call in the slot can be run by that worker only. */
  isDirected(slot: number, lane: Lane): boolean {
    return this.#directed.get(slot) === lane;
  }

  /** A worker asks for arguments that were kept. */
  sendKept(lane: Lane, slot: number): void {
    const kept = this.#kept.get(slot);
    if (kept === undefined || !this.#kept.delete(slot)) return;
    const entry = this.#owner.states.entryOf(slot);
    lane.thread.send({ kind: 'arguments', entry, args: toMessage(kept.args) }, kept.transfer);
  }

  /** A worker may have been started for a call whose arguments had to be kept: it can have them at once. */
  directKept(): void {
    if (this.#kept.size === 0) return;
    for (const [slot, { args, transfer }] of this.#kept) {
      if (this.#onlyCandidate(slot) === undefined || !this.#owner.states.withdraw(slot)) return;
      this.#kept.delete(slot);
      this.#postToOne(slot, args, transfer);
    }
  }

  #postToAll(slot: number, content: { args: MessageValue } | { bytes: Uint8Array }): void {
    const { lanes, memory, states } = this.#owner;
    memory.putPlace(slot, Place.Message);
    const entry = states.publish(slot);
    const message: ArgumentsMessage = { kind: 'arguments', entry, ...content };
    try {
      for (const lane of lanes) lane.thread.send(message);
    } catch (error) {
      states.withdraw(slot);
      throw error;
    }
    this.#shared.set(slot, message);
    this.#owner.append(entry);
  }

  /** Cloned once, or moved, to the worker that will run the call. @returns false if none is sure to. */
  #postToOne(slot: number, args: unknown[], transfer: readonly object[] | undefined): boolean {
    const { lanes, memory, parking, states } = this.#owner;
    const idle = lanes.find((each) => parking.reserve(each.index));
    const lane = idle ?? (transfer === undefined ? undefined : this.#onlyCandidate(slot));
    if (lane === undefined) return false;
    memory.putPlace(slot, Place.Message);
    const entry = states.publish(slot);
    try {
      const message = { kind: 'arguments', entry, args: toMessage(args), directed: true } as const;
      lane.thread.send(message, transfer);
    } catch (error) {
      states.withdraw(slot);
      if (idle !== undefined) parking.release(idle.index);
      throw error;
    }
    this.#directed.set(slot, lane);
    this.#owner.woken();
    // Others may have relied on this worker to look at the queue.
    if (parking.needsWaking()) parking.wakeOne();
    return true;
  }

  /**
   * The worker that can be given what only one can have, although none is asleep; undefined if any may be free first.
   * One that is starting, if it was not given such a call already. One that is about to be idle. The only one.
   */
  #onlyCandidate(slot: number): Lane | undefined {
    const { lanes, settings } = this.#owner;
    // One that is not asleep may be with its last call, and would take this one along.
    if (settings.maxTasksPerChild > 0) return undefined;
    const taken = new Set(this.#directed.values());
    const starting = lanes.find((lane) => lane.worker.state === STARTING && !taken.has(lane));
    if (starting !== undefined) return starting;
    if (settings.maxWorkers > 1) return this.#almostIdle(slot, taken);
    return lanes.find((lane) => lane.worker.state === READY);
  }

  /** A worker that has nothing in its hands and nothing to claim, and has not gone to sleep yet. */
  #almostIdle(slot: number, taken: ReadonlySet<Lane>): Lane | undefined {
    const { lanes, slots, states } = this.#owner;
    if (slots.size > lanes.length || this.#owner.hasHeldCalls()) return undefined;
    const owners = new Set<number>();
    for (const [other] of slots.occupied()) {
      if (other === slot || this.#directed.has(other)) continue;
      const word = states.load(other);
      if (stateOf(word) === PENDING) return undefined;
      owners.add(ownerOf(word));
    }
    const isFree = ({ index, worker }: Lane): boolean =>
      worker.state === READY && !owners.has(index);
    return lanes.find((lane) => isFree(lane) && !taken.has(lane));
  }
}

/** Bytes in memory that all threads share. */
function inSharedMemory(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
  copy.set(bytes);
  return copy;
}
