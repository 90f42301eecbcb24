/**
 * Keeps the process alive while calls are under way. Nothing else would: workers are unref'd, and the event loop does
 * not wait for a pending `Atomics.waitAsync`.
 */

/** Node's longest timer; its only purpose is to exist, and it fires once in 24 days. */
const LONG = 2 ** 31 - 1;

export class KeepAlive {
  #timer: NodeJS.Timeout | undefined = undefined;
  #isReferenced = false;

  hold(): void {
    if (this.#isReferenced) return;
    this.#isReferenced = true;
    if (this.#timer === undefined) this.#timer = setInterval(() => {}, LONG);
    else this.#timer.ref();
  }

  release(): void {
    if (!this.#isReferenced) return;
    this.#isReferenced = false;
    this.#timer?.unref();
  }

  /** For a pool that is over: no timer remains. */
  end(): void {
    this.#isReferenced = false;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
