/**
 * How many calls a host takes at a time. As many as it has workers, so that each call is where a worker is
 * free. Except where calls are so short that a worker would wait longer for the next one than it works:
 * then some more, so that they wait here and not in Redis.
 *
 * What is taken too much is found out by its waiting (`ClusterHost` gives it back) and not foreseen.
 */

/** Milliseconds of work that may wait here for each worker. */
const AHEAD = 4;
const MOST_AHEAD = 64;
/** How much of the estimate a new call makes out. */
const WEIGHT = 0.2;

export class Prefetch {
  readonly #workers: number;
  /** Of a call, in milliseconds. At first nothing is known, and nothing is assumed. */
  #duration = Infinity;

  constructor(workers: number) {
    this.#workers = workers;
  }

  get concurrency(): number {
    const ahead = Math.min(MOST_AHEAD, Math.floor(AHEAD / Math.max(this.#duration, 0.001)));
    return this.#workers * (1 + ahead);
  }

  /** @param duration - milliseconds for which a call has kept a worker. */
  ran(duration: number): void {
    this.#duration =
      this.#duration === Infinity
        ? duration
        : this.#duration + WEIGHT * (duration - this.#duration);
  }

  /** Calls have waited here: they are longer than it seemed. */
  slowDown(): void {
    this.#duration = Infinity;
  }
}
