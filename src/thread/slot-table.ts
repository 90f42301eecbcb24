/** Which slots are free, and whose call is in each of the others. The parent's own knowledge. */
import type { Future } from '../future/future.ts';
import { SLOTS } from './layout.ts';

export class SlotTable {
  /** Slots given back; the one used last is on top: its memory is still in the cache. */
  readonly #free = new Int32Array(SLOTS);
  #freeCount = 0;
  /** Slots from this one on have never been used, so that a new pool has nothing to fill in. */
  #unused = 0;
  #occupied = 0;
  readonly #futures: (Future<unknown> | undefined)[] = [];

  get isEmpty(): boolean {
    return this.#occupied === 0;
  }

  get isFull(): boolean {
    return this.#occupied === SLOTS;
  }

  /** The slot that the next call will get; only where {@link isFull} is false. */
  next(): number {
    return this.#freeCount > 0 ? (this.#free[this.#freeCount - 1] as number) : this.#unused;
  }

  /** Gives the slot that {@link next} has named to a call. */
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

  /** The calls in those slots for which `matches` holds. */
  futures(matches: (slot: number) => boolean): Future<unknown>[] {
    return this.#futures.filter(
      (future, slot) => future !== undefined && matches(slot),
    ) as Future<unknown>[];
  }

  /** All calls in slots, as they are at this moment. */
  occupied(): [slot: number, future: Future<unknown>][] {
    const all: [number, Future<unknown>][] = [];
    for (const [slot, future] of this.#futures.entries()) {
      if (future !== undefined) all.push([slot, future]);
    }
    return all;
  }
}
