import { ceil, SafeMap } from './primordials.ts';

/**
 * A map with a limited number of entries, which keeps the recently used ones.
 *
 * It has two generations. An entry found in the old one moves to the young one. When the young one is full, it
 * replaces the old one. So a lookup costs as little as in any map, and no order has to be kept.
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
