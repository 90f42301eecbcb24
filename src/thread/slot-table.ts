/** Which slots are free, and whose call is in each of the others. The parent's own knowledge. */
import type { Future } from '../future/future.ts';
import { SLOTS } from './layout.ts';

export class SlotTable {
  /** The slot used last is on top: its memory is still in the cache. */
  readonly #free = new Int32Array(SLOTS);
  #freeCount = SLOTS;
  readonly #futures: (Future<unknown> | undefined)[] = [];

  constructor() {
    for (let i = 0; i < SLOTS; i++) this.#free[i] = SLOTS - 1 - i;
  }

  get isEmpty(): boolean {
    return this.#freeCount === SLOTS;
  }

  get isFull(): boolean {
    return this.#freeCount === 0;
  }

  /** The slot that the next call will get; only where {@link isFull} is false. */
  next(): number {
    return this.#free[this.#freeCount - 1] as number;
  }

  /** Gives the slot that {@link next} has named to a call. */
  occupy(slot: number, future: Future<unknown>): void {
    this.#freeCount--;
    this.#futures[slot] = future;
  }

  vacate(slot: number): void {
    this.#futures[slot] = undefined;
    this.#free[this.#freeCount++] = slot;
  }

  futureIn(slot: number): Future<unknown> | undefined {
    return this.#futures[slot];
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
