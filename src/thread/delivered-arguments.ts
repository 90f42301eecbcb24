/**
 * Arguments that came to a worker as messages, until their calls are claimed.
 *
 * Some were sent to this worker alone (`directed`: the owner of moved objects must run the call); others to all
 * workers, of which one claims the call. Arguments that another worker has claimed, or that no worker ever will, are
 * released when the next message comes: the slot's state in shared memory shows whether the call can still be claimed.
 */
import { cloneFromBytes } from '../codec/clone.ts';
import { fromMessage } from '../codec/message.ts';
import type { ArgumentsMessage } from '../protocol/thread-messages.ts';
import { Deque } from '../util/deque.ts';
import { SafeMap } from '../util/primordials.ts';
import type { SlotStates } from './slot-state.ts';

export class DeliveredArguments {
  readonly #states: SlotStates;
  readonly #messages = new SafeMap<number, ArgumentsMessage>();
  /** Calls that only this worker can run, in order of arrival. */
  readonly #directed = new Deque<number>();
  /** Calls that this worker has claimed, with arguments that are on their way. */
  readonly #awaited = new SafeMap<number, number>();

  constructor(states: SlotStates) {
    this.#states = states;
  }

  /** @returns the slot of the call that waits for these arguments, if there is one. */
  add(message: ArgumentsMessage): number | undefined {
    const { entry } = message;
    const slot = this.#awaited.get(entry);
    this.#awaited.delete(entry);
    if (slot === undefined && message.directed !== true) this.#forgetStale();
    this.#messages.set(entry, message);
    if (message.directed === true) this.#directed.push(entry);
    return slot;
  }

  /** The next call to be claimed that only this worker can run; undefined if there is none. */
  nextDirected(): number | undefined {
    return this.#directed.shift();
  }

  has(entry: number): boolean {
    return this.#messages.has(entry);
  }

  /** @throws Error if they can't be rebuilt. */
  take(entry: number): unknown[] {
    const message = this.#messages.get(entry);
    this.#messages.delete(entry);
    if (message?.bytes !== undefined) return cloneFromBytes(message.bytes) as unknown[];
    return message?.args === undefined ? [] : (fromMessage(message.args) as unknown[]);
  }

  forget(entry: number): void {
    this.#messages.delete(entry);
  }

  /** From now on {@link add} returns `slot` when the arguments of this call arrive. */
  wait(entry: number, slot: number): void {
    this.#awaited.set(entry, slot);
  }

  #forgetStale(): void {
    this.#messages.forEach((_message, entry) => {
      if (!this.#states.isPending(entry)) this.#messages.delete(entry);
    });
  }
}
