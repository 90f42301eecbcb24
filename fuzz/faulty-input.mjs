/** Asynchronous input of a `map` that may fail, and may fail again while it is closed. */

export const INPUT_FAILS = 'the input fails';

export class FaultyInput {
  /** True if it was closed, and threw then. */
  cleanupHasFailed = false;
  #list;
  #failsAt;
  #cleanupFails;
  #at = 0;

  constructor(list, { failsAt, cleanupFails }) {
    this.#list = list;
    this.#failsAt = failsAt;
    this.#cleanupFails = cleanupFails;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  async next() {
    const at = this.#at++;
    if (at % 8 === 7) await new Promise((resolve) => void setTimeout(resolve, 2));
    if (at === this.#failsAt) throw new Error(INPUT_FAILS);
    return at < this.#list.length
      ? { value: this.#list[at], done: false }
      : { value: undefined, done: true };
  }

  return() {
    if (!this.#cleanupFails) return Promise.resolve({ value: undefined, done: true });
    this.cleanupHasFailed = true;
    return Promise.reject(new Error('the cleanup fails'));
  }
}
