/**
 * The one queue of a pool: the parent appends, all workers claim from its head.
 *
 * An entry is a hint that a slot may be pending; the slot's own state word decides. A worker first wins the slot and
 * then moves the head past it. A worker that finds the head on an entry it can't win (another worker did, or the call
 * was withdrawn) moves the head instead. So a worker that dies between the two steps delays no call and loses none: the
 * slot is still pending and stays in the queue, or it carries the dead worker's index as its owner.
 *
 * RACE late-reader: a worker reads the head, is suspended, and goes on when the queue has moved. Its
 * entry is then stale, its claim fails on the generation, and its attempt to move the head fails on
 * the compare-and-exchange. An entry is overwritten only after the head has passed it.
 */
import { atomicsCompareExchange, atomicsLoad, atomicsStore } from '../util/primordials.ts';
import { type Layout, QUEUE_ENTRIES, Word } from './layout.ts';
import { type SlotStates, slotOf } from './slot-state.ts';

const MASK = QUEUE_ENTRIES - 1;

export const NOTHING = -1;

export class ClaimQueue {
  readonly #words: Int32Array;
  readonly #entries: number;
  readonly #states: SlotStates;
  /** The head at the parent's last look: the queue holds at most as many entries as this suggests. */
  #seenHead: number;
  #tail: number;

  constructor(words: Int32Array, layout: Layout, states: SlotStates) {
    this.#words = words;
    this.#entries = layout.queue;
    this.#states = states;
    this.#seenHead = atomicsLoad(words, Word.Head);
    this.#tail = atomicsLoad(words, Word.Tail);
  }

  /** Parent. False if the ring is full; only entries of withdrawn calls can fill it. */
  hasRoom(): boolean {
    if (((this.#tail - this.#seenHead) | 0) < QUEUE_ENTRIES) return true;
    this.#seenHead = atomicsLoad(this.#words, Word.Head);
    return ((this.#tail - this.#seenHead) | 0) < QUEUE_ENTRIES;
  }

  /** Parent. Appends an entry, whose slot was published as pending. */
  append(entry: number): void {
    this.#words[this.#entries + (this.#tail & MASK)] = entry;
    this.#tail = (this.#tail + 1) | 0;
    atomicsStore(this.#words, Word.Tail, this.#tail);
  }

  isEmpty(): boolean {
    return atomicsLoad(this.#words, Word.Head) === atomicsLoad(this.#words, Word.Tail);
  }

  /** Worker. @returns a slot that this worker owns now, or NOTHING. */
  claim(index: number): number {
    const words = this.#words;
    for (;;) {
      const head = atomicsLoad(words, Word.Head);
      if (head === atomicsLoad(words, Word.Tail)) return NOTHING;
      const entry = words[this.#entries + (head & MASK)] as number;
      const won = this.#states.claim(entry, index);
      atomicsCompareExchange(words, Word.Head, head, (head + 1) | 0);
      if (won) return slotOf(entry);
    }
  }
}
