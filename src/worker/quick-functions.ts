import { max, min, now } from '../util/primordials.ts';

/**
 * Keeps which functions are quick, measured in one worker.
 *
 * A worker that runs quick calls is back at the queue before another could be woken, so waking one for the calls
 * that it leaves there would only cost time. A worker that may take long has to ensure that another one is awake. So
 * a function counts as quick unless about one in thirty of its calls, or more, is slow. A single slow call proves
 * nothing: the system or the garbage collector may have taken the time.
 */

/** Milliseconds: about half the time that it takes to wake a parked worker. */
const SLOW = 0.025;
/** A slow call adds STRIKE, a quick call subtracts 1. Above LIMIT the function does not count as quick. */
const STRIKE = 32;
const LIMIT = 32;
const MOST = 64;

/** The first calls are not timed, because they are slower than later ones. */
const UNTIMED = 8;

export class QuickFunctions {
  readonly #strikes: (number | undefined)[] = [];
  #running = -1;
  #since = 0;
  #begun = 0;

  /** A function without a measured call may take long. */
  isQuick(fn: number): boolean {
    return (this.#strikes[fn] ?? MOST) <= LIMIT;
  }

  /** Called when a call begins. It ends the call before, if there was no {@link rest} in between. */
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

  /** Runs an action whose time does not count as time of the current call. */
  leaveOut(action: () => void): void {
    if (this.#running < 0) {
      action();
      return;
    }
    const began = now();
    action();
    this.#since += now() - began;
  }

  /** Called when no call is running. */
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
