/**
 * The state word of a slot: what a call is doing, who has it, and which use of the slot this is.
 *
 *     bits  0–1   state         bits  2–10   owner (a worker)         bits 15–31   generation
 *
 *     Free    -> Pending   publish   parent: the call is written, and goes into the queue next
 *     Pending -> Running   claim     worker: compare-and-exchange, writes its index as owner
 *     Pending -> Free      withdraw  parent: compare-and-exchange; its queue entry is stale from now on
 *     Running -> Done      finish    owner only: the outcome is written
 *     Done    -> Free      release   parent: the outcome is taken
 *     Running -> Free      release   parent, for an owner that is dead
 *     Pending -> Free      release   parent, for a call that was directed to a worker that is dead
 *
 * Cancelling and claiming compete for Pending through the same compare-and-exchange, so exactly one
 * wins: this is what makes `cancel()` and `running()` exact. The generation changes with every use,
 * so that an entry or a thread that means an earlier use can't take this one for it.
 *
 * The word is in shared memory, where every thread can write, so it is no private field. Only the methods of `SlotStates`
 * write it.
 */
import { atomicsCompareExchange, atomicsLoad, atomicsStore } from '../util/primordials.ts';
import { type Layout, SlotWord } from './layout.ts';

export const SlotState = { Free: 0, Pending: 1, Running: 2, Done: 3 } as const;
export type SlotState = (typeof SlotState)[keyof typeof SlotState];

const STATE_BITS = 0b11;
const OWNER_SHIFT = 2;
const OWNER_BITS = 0x1ff << OWNER_SHIFT;
const GENERATION_SHIFT = 15;
const GENERATION_BITS = -1 << GENERATION_SHIFT;
const SLOT_BITS = (1 << GENERATION_SHIFT) - 1;

export function stateOf(word: number): SlotState {
  return (word & STATE_BITS) as SlotState;
}

export function ownerOf(word: number): number {
  return (word & OWNER_BITS) >> OWNER_SHIFT;
}

/** A queue entry: the slot, and which use of it is meant. */
function entryFor(slot: number, word: number): number {
  return slot | (word & GENERATION_BITS);
}

export function slotOf(entry: number): number {
  return entry & SLOT_BITS;
}

export class SlotStates {
  readonly #words: Int32Array;
  readonly #layout: Layout;

  constructor(words: Int32Array, layout: Layout) {
    this.#words = words;
    this.#layout = layout;
  }

  /** The queue entry for the present use of the slot. */
  entryOf(slot: number): number {
    return entryFor(slot, this.load(slot));
  }

  /** Whether the call that the entry speaks of is still to be claimed. */
  isPending(entry: number): boolean {
    return this.load(slotOf(entry)) === ((entry & GENERATION_BITS) | SlotState.Pending);
  }

  load(slot: number): number {
    return atomicsLoad(this.#words, this.#layout.slotWords(slot) + SlotWord.State);
  }

  /** Parent. @returns the queue entry for this use of the slot. */
  publish(slot: number): number {
    const at = this.#layout.slotWords(slot) + SlotWord.State;
    const generation = (this.#words[at] as number) + (1 << GENERATION_SHIFT);
    const word = (generation & GENERATION_BITS) | SlotState.Pending;
    atomicsStore(this.#words, at, word);
    return entryFor(slot, word);
  }

  /** Worker. @returns whether this worker has the call now; if not, the entry is stale. */
  claim(entry: number, index: number): boolean {
    const at = this.#layout.slotWords(slotOf(entry)) + SlotWord.State;
    const pending = (entry & GENERATION_BITS) | SlotState.Pending;
    const running = (entry & GENERATION_BITS) | (index << OWNER_SHIFT) | SlotState.Running;
    return atomicsCompareExchange(this.#words, at, pending, running) === pending;
  }

  /** Parent. @returns whether the call will never run; if not, a worker has it. */
  withdraw(slot: number): boolean {
    const at = this.#layout.slotWords(slot) + SlotWord.State;
    const word = atomicsLoad(this.#words, at);
    if (stateOf(word) !== SlotState.Pending) return false;
    return atomicsCompareExchange(this.#words, at, word, word & GENERATION_BITS) === word;
  }

  /** The owner. */
  finish(slot: number): void {
    const at = this.#layout.slotWords(slot) + SlotWord.State;
    atomicsStore(this.#words, at, (this.#words[at] as number) | SlotState.Done);
  }

  /** Parent. */
  release(slot: number): void {
    const at = this.#layout.slotWords(slot) + SlotWord.State;
    atomicsStore(this.#words, at, (this.#words[at] as number) & GENERATION_BITS);
  }
}
