import { max, min, now } from '../util/primordials.ts';

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

/** The first calls are not timed: they say little. */
const UNTIMED = 8;

export class QuickFunctions {
  readonly #strikes: (number | undefined)[] = [];
  #running = -1;
  #since = 0;
  #begun = 0;

  /** A function not seen yet may take long. */
  isQuick(fn: number): boolean {
    return (this.#strikes[fn] ?? MOST) <= LIMIT;
  }

  /** A call begins; with it ends the one before, if there was no {@link rest} in between. */
  begin(fn: number): void {
    if (this.#begun < UNTIMED) {
      this.#begun++;
      return;
    }
    const at = now();
    if (this.#running >= 0) this.#note(at);
    this.#running = fn;
    this.#since = at;
  }

  /** Does something that says nothing about the call, although it happens meanwhile. */
  leaveOut(action: () => void): void {
    if (this.#running < 0) {
      action();
      return;
    }
    const began = now();
    action();
    this.#since += now() - began;
  }

  /** Nothing runs. */
  rest(): void {
    if (this.#running >= 0) this.#note(now());
    this.#running = -1;
  }

  #note(at: number): void {
    const before = this.#strikes[this.#running] ?? MOST;
    const slow = at - this.#since > SLOW;
    this.#strikes[this.#running] = slow ? min(MOST, before + STRIKE) : max(0, before - 1);
  }
}
