/**
 * Which functions are quick, as one worker has seen it.
 *
 * A worker that runs quick calls is back at the queue before another could be woken, so waking one
 * for what it leaves there would only cost; a worker that may take long has to see to it that
 * somebody else is awake. So a function counts as quick unless slow calls of it are about one in
 * thirty or more. A single slow one says nothing: it may have been the system, or the garbage collector,
 * that took its time.
 */

/** Milliseconds. About half of what it takes to wake a parked worker. */
const SLOW = 0.025;
/** What a slow call adds, a quick one takes 1 off; beyond LIMIT the function is not quick. */
const STRIKE = 32;
const LIMIT = 32;
const MOST = 64;

export class Pace {
  readonly #strikes: (number | undefined)[] = [];
  #running = -1;
  #since = 0;

  /** A function not seen yet may take long. */
  isQuick(fn: number): boolean {
    return (this.#strikes[fn] ?? MOST) <= LIMIT;
  }

  /** A call begins; with it ends the one before, if there was no {@link rest} in between. */
  begin(fn: number): void {
    const now = performance.now();
    if (this.#running >= 0) this.#note(now);
    this.#running = fn;
    this.#since = now;
  }

  /** Some of the time was spent on something else, which says nothing about the call. */
  leaveOut(milliseconds: number): void {
    this.#since += milliseconds;
  }

  /** Nothing runs. */
  rest(): void {
    if (this.#running >= 0) this.#note(performance.now());
    this.#running = -1;
  }

  #note(now: number): void {
    const before = this.#strikes[this.#running] ?? MOST;
    const slow = now - this.#since > SLOW;
    this.#strikes[this.#running] = slow ? Math.min(MOST, before + STRIKE) : Math.max(0, before - 1);
  }
}
