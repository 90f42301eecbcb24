/**
 * The time at which a worker may be started again after a failed start.
 *
 * A failed start is mostly a shortage that passes: no descriptors, no memory, no process, the system's out-of-memory
 * killer. So the next try comes after a pause, which doubles each time; the first success resets it.
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

  /** True if no worker may be started for the moment. */
  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  /** A worker could not be started. @returns the number of failures in a row. */
  failed(): number {
    this.#failures++;
    const delay = Math.min(LONGEST, FIRST * 2 ** (this.#failures - 1));
    this.#dueAt = performance.now() + delay;
    clearTimeout(this.#timer);
    // Waiting calls keep the process alive, so this timer need not.
    this.#timer = setTimeout(() => this.#due(), delay).unref();
    return this.#failures;
  }

  /** A blocked thread has no timers: it calls this at intervals. */
  lookAt(now: number): void {
    if (this.#timer !== undefined && now >= this.#dueAt) this.#due();
  }

  /** A worker has started, or no call waits for one any more: the next try need not wait. */
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
