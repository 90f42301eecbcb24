import { TrueArray } from './primordials.ts';

/**
 * A queue with two ends, in a ring that grows by doubling: each operation takes constant time at any length. An
 * array's own `shift` moves every element, which would be slow in a backlog of a million calls.
 */
export class Deque<T> {
  #items: (T | undefined)[] = new TrueArray<T | undefined>(16);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#length) & (this.#items.length - 1)] = item;
    this.#length++;
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#length--;
    if (this.#length === 0 && this.#items.length > 4096) this.#reset();
    return item;
  }

  /** Puts an item in front of all others. */
  unshift(item: T): void {
    if (this.#length === this.#items.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#items.length - 1);
    this.#items[this.#head] = item;
    this.#length++;
  }

  /** The number of items from the first on that fulfil `test`, at most `most`. */
  lengthWhile(test: (item: T) => boolean, most: number): number {
    let count = 0;
    while (count < this.#length && count < most) {
      if (!test(this.#items[(this.#head + count) & (this.#items.length - 1)] as T)) break;
      count++;
    }
    return count;
  }

  /** All items, first to last. */
  toArray(): T[] {
    const all: T[] = [];
    for (let i = 0; i < this.#length; i++)
      all[i] = this.#items[(this.#head + i) & (this.#items.length - 1)] as T;
    return all;
  }

  /** Frees the memory of a long backlog after it has been processed. */
  #reset(): void {
    this.#items = new TrueArray<T | undefined>(16);
    this.#head = 0;
  }

  #grow(): void {
    const grown = new TrueArray<T | undefined>(this.#items.length * 2);
    for (let i = 0; i < this.#length; i++) {
      grown[i] = this.#items[(this.#head + i) & (this.#items.length - 1)];
    }
    this.#items = grown;
    this.#head = 0;
  }
}
