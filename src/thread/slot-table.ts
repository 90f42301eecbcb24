/** The free slots, and the future of the call in each other slot. Only the parent has this table. */
import type { Future } from '../future/future.ts';
import { SLOTS } from './layout.ts';

export class SlotTable {
  /** Slots given back. The one used last is on top: its memory is still in the cache. */
  readonly #free = new Int32Array(SLOTS);
  #freeCount = 0;
  /** Slots from this one on have never been used, so that a new pool needs no initialization of the list. */
  #unused = 0;
  #occupied = 0;
  readonly #futures: (Future<unknown> | undefined)[] = [];

  get isEmpty(): boolean {
    return this.#occupied === 0;
  }

  get isFull(): boolean {
    return this.#occupied === SLOTS;
  }

  /** The slot that the next call will get; call it only if {@link isFull} is false. */
  next(): number {
    return this.#freeCount > 0 ? (this.#free[this.#freeCount - 1] as number) : this.#unused;
  }

  /** Gives the slot that {@link next} has returned to a call. */
  occupy(slot: number, future: Future<unknown>): void {
    if (this.#freeCount > 0) this.#freeCount--;
    else this.#unused++;
    this.#occupied++;
    this.#futures[slot] = future;
  }

  vacate(slot: number): void {
    this.#futures[slot] = undefined;
    this.#free[this.#freeCount++] = slot;
    this.#occupied--;
  }

  futureIn(slot: number): Future<unknown> | undefined {
    return this.#futures[slot];
  }

  /** The futures in the slots for which `matches` is true. */
  futures(matches: (slot: number) => boolean): Future<unknown>[] {
    return this.#futures.filter(
      (future, slot) => future !== undefined && matches(slot),
    ) as Future<unknown>[];
  }

  /** All slots with a call, as they are at this moment. */
  occupied(): [slot: number, future: Future<unknown>][] {
    const all: [number, Future<unknown>][] = [];
    for (const [slot, future] of this.#futures.entries()) {
      if (future !== undefined) all.push([slot, future]);
    }
    return all;
  }
}
