/**
 * When a worker may be started again after one could not be.
 *
 * A start that fails is mostly a shortage that passes: no descriptors, no memory, no process, the system's killer. So the
 * next try comes a little later, each time twice as long; the first that succeeds puts an end to it.
 */

/** Milliseconds. */
const FIRST = 50;
const LONGEST = 5_000;

export class StartRetry {
  readonly #onDue: () => void;
  #failures = 0;
  #dueAt = 0;
  #timer: NodeJS.Timeout | undefined = undefined;

  /** @param onDue - called when a worker may be started again. */
  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  /** Whether no worker is to be started for the moment. */
  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  /** A worker could not be started. @returns how many in a row. */
  failed(): number {
    this.#failures++;
    const delay = Math.min(LONGEST, FIRST * 2 ** (this.#failures - 1));
    this.#dueAt = performance.now() + delay;
    clearTimeout(this.#timer);
    // Calls that wait for a worker hold the process, and this need not.
    this.#timer = setTimeout(() => this.#due(), delay).unref();
    return this.#failures;
  }

  /** A thread that is blocked has no timers: it asks now and then. */
  lookAt(now: number): void {
    if (this.#timer !== undefined && now >= this.#dueAt) this.#due();
  }

  /** A worker has started, or nobody waits for one any more: the next try need not wait. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#failures = 0;
  }

  #due(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#onDue();
  }
}
