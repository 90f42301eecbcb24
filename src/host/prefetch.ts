/**
 * The number of calls that a host takes at a time: as many as it has workers, so that each call is where a worker is
 * free. If calls are so short that a worker would wait longer for the next one than it works, the host takes some more,
 * which wait here and not in Redis.
 *
 * Surplus calls are not predicted: a call that has waited too long is given back (`ClusterHost`).
 */

/** Milliseconds of work that may wait here for each worker. */
const AHEAD = 4;
const MOST_AHEAD = 64;
/** The weight of a new call in the estimate. */
const WEIGHT = 0.2;

export class Prefetch {
  readonly #workers: number;
  /** The mean duration of a call in milliseconds. Unknown at first, and not assumed. */
  #duration = Infinity;

  constructor(workers: number) {
    this.#workers = workers;
  }

  get concurrency(): number {
    const ahead = Math.min(MOST_AHEAD, Math.floor(AHEAD / Math.max(this.#duration, 0.001)));
    return this.#workers * (1 + ahead);
  }

  /** @param duration - milliseconds for which a call has occupied a worker. */
  ran(duration: number): void {
    this.#duration =
      this.#duration === Infinity
        ? duration
        : this.#duration + WEIGHT * (duration - this.#duration);
  }

  /** Calls have waited here: they take longer than estimated. */
  slowDown(): void {
    this.#duration = Infinity;
  }
}
