/**
 * What carries a worker's call loop on.
 *
 *     LEFT    -> RUNNING   resume: the call it was left for is over, or its task waits for the own pool
 *     IDLE    -> RUNNING   wake: there may be calls, or the worker is to end
 *     YIELDING -> RUNNING   the event loop has had its turn
 *     RUNNING -> LEFT      a call goes on by itself: its promise settles later, its arguments are on their way; or one that
 *                          did waits for no other any longer, so that it is the only one there may be
 *     RUNNING -> IDLE      there is no call
 *     RUNNING -> YIELDING   the event loop gets its turn
 *     any     -> ENDED     the worker leaves; it claims nothing any more, whatever keeps it from leaving
 *
 * Each state has exactly one way on that is under way, and whatever else happens finds another state and does nothing.
 * So the loop never runs twice at once. Only this file says what follows what.
 */
export const LEFT = 0;
export const RUNNING = 1;
export const IDLE = 2;
export const YIELDING = 3;
export const ENDED = 4;
export type LoopStateCode =
  | typeof LEFT
  | typeof RUNNING
  | typeof IDLE
  | typeof YIELDING
  | typeof ENDED;

export class LoopState {
  #code: LoopStateCode = LEFT;

  get code(): LoopStateCode {
    return this.#code;
  }

  /** @returns whether the loop runs from now on, because it was in state `from`. */
  run(from: typeof LEFT | typeof IDLE | typeof YIELDING): boolean {
    if (this.#code !== from) return false;
    this.#code = RUNNING;
    return true;
  }

  /** The loop stops running, and what `to` says carries it on; nothing does if the worker has ended meanwhile. */
  stop(to: typeof LEFT | typeof IDLE | typeof YIELDING): boolean {
    if (this.#code !== RUNNING) return false;
    this.#code = to;
    return true;
  }

  /** @returns whether it had not ended before. */
  end(): boolean {
    if (this.#code === ENDED) return false;
    this.#code = ENDED;
    return true;
  }
}
