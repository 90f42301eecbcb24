/**
 * Which functions are quick, as one worker has seen it.
 *
 * A worker that runs quick calls is back at the queue before another could be woken, so waking one
 * for what it leaves there would only cost; a worker that may take long has to see to it that
 * somebody else is awake. The judgement is about the slowest recent call of a function, not the
 * average: one slow call among hundreds is what others would have to wait for.
 */

/** Milliseconds. About half of what it takes to wake a parked worker. */
const QUICK = 0.025;
/** How much of a slow call's memory is left after each quick one. */
const FADING = 0.95;

export class Pace {
  readonly #slowest: (number | undefined)[] = [];
  #running = -1;
  #since = 0;

  /** A function not seen yet may take long. */
  isQuick(fn: number): boolean {
    return (this.#slowest[fn] ?? Infinity) < QUICK;
  }

  /** A call begins; with it ends the one before, if there was no {@link rest} in between. */
  begin(fn: number): void {
    const now = performance.now();
    if (this.#running >= 0) this.#note(now);
    this.#running = fn;
    this.#since = now;
  }

  /** Nothing runs. */
  rest(): void {
    if (this.#running >= 0) this.#note(performance.now());
    this.#running = -1;
  }

  #note(now: number): void {
    const took = now - this.#since;
    const before = this.#slowest[this.#running];
    this.#slowest[this.#running] = before === undefined ? took : Math.max(took, before * FADING);
  }
}
