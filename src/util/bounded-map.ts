import { ceil, SafeMap } from './primordials.ts';

/**
 * A map that keeps what was used lately, and at most so many entries.
 *
 * Two generations: what is found in the older one moves to the younger, and when that is full it becomes the
 * older one, whose place it takes. So a look costs no more than in any map, and nobody keeps an order.
 */
export class BoundedMap<K, V> {
  #young = new SafeMap<K, V>();
  #old = new SafeMap<K, V>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = ceil(most / 2);
  }

  has(key: K): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  get(key: K): V | undefined {
    const value = this.#young.get(key);
    if (value !== undefined || this.#young.has(key)) return value;
    if (!this.#old.has(key)) return undefined;
    const found = this.#old.get(key) as V;
    this.set(key, found);
    return found;
  }

  set(key: K, value: V): void {
    this.#young.set(key, value);
    this.#old.delete(key);
    if (this.#young.size < this.#most) return;
    this.#old = this.#young;
    this.#young = new SafeMap();
  }
}
