/** Valid records to change. They are made once for many changes, and replaced one by one. */
import { randomValue } from './values.mjs';

const SIZE = 64;
/** Letters; longer ones are rare, because they take long. */
const USUAL = 700;
const LONG_ONES = 0.02;

export class RecordPool {
  #random;
  #kinds;
  #records;

  /** @param kinds - with a `weight`. */
  constructor(random, kinds) {
    this.#random = random;
    this.#kinds = kinds;
    this.#records = random.list(SIZE, () => this.#make());
  }

  /** One of each kind at least. */
  fresh() {
    return [...this.#kinds.map((kind) => this.#make(kind)), ...this.#records];
  }

  pick() {
    return this.#random.pick(this.#records);
  }

  refresh() {
    for (let i = 0; i < 4; i++) this.#records[this.#random.int(0, SIZE - 1)] = this.#make();
  }

  #make(kind = this.#random.weighted(this.#kinds)) {
    for (;;) {
      const text = kind.valid(this.#random, randomValue(this.#random));
      if (text.length > USUAL && !this.#random.chance(LONG_ONES)) continue;
      const json = kind.jsonIn?.(text) ?? { head: '', body: text };
      return { kind, text, head: json.head, value: JSON.parse(json.body) };
    }
  }
}
