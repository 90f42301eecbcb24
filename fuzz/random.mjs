/** Random numbers that a seed repeats. */

/** FNV-1a, so that rounds of the same seed on different kinds of pools have different plans. */
function hash(text, start) {
  let value = start ^ 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

export class Random {
  #state;

  /** @param name - mixed into the seed: streams of different names have nothing in common. */
  constructor(seed, name) {
    this.#state = hash(name, seed);
  }

  /** Mulberry32: a number from 0 (included) to 1 (excluded). */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer, both ends included. */
  int(from, to) {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(probability) {
    return this.next() < probability;
  }

  pick(list) {
    return list[this.int(0, list.length - 1)];
  }

  /** @param table - entries with a `weight`. */
  weighted(table) {
    let left = this.next() * table.reduce((sum, { weight }) => sum + weight, 0);
    for (const entry of table) {
      left -= entry.weight;
      if (left < 0) return entry;
    }
    return table.at(-1);
  }

  /** @returns `count` values that `make` returns. */
  list(count, make) {
    return Array.from({ length: count }, (_, i) => make(i));
  }
}
