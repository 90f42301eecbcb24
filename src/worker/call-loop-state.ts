/**
 * The call loop of a worker: what carries it on.
 *
 *     Left     -> Running    run:  the call it was left for is over, or its task waits for the own pool
 *     Idle     -> Running    run:  there may be calls, or the worker is to end
 *     Yielding -> Running    run:  the event loop has had its turn
 *     Running  -> Left       stop: a call goes on by itself: its promise settles later, its arguments are on their way; or one
 *                            that did waits for no other any longer, so that it is the only one there may be
 *     Running  -> Idle       stop: there is no call
 *     Running  -> Yielding   stop: the event loop gets its turn
 *     any but Ended -> Ended   end: the worker leaves; it claims nothing any more, whatever keeps it from leaving
 *
 * `run` is called with the state that is left: each state is left for exactly one reason, and whatever else happens finds
 * another state and does nothing. So the loop never runs twice at once.
 */
export const LoopState = { Left: 0, Running: 1, Idle: 2, Yielding: 3, Ended: 4 } as const;
export type LoopState = (typeof LoopState)[keyof typeof LoopState];

type StoppedState = typeof LoopState.Left | typeof LoopState.Idle | typeof LoopState.Yielding;

export class LoopMachine {
  #state: LoopState = LoopState.Left;

  is(state: LoopState): boolean {
    return this.#state === state;
  }

  /** @returns whether the loop runs from now on, because it was in state `from`. */
  run(from: StoppedState): boolean {
    if (this.#state !== from) return false;
    this.#state = LoopState.Running;
    return true;
  }

  /** @returns whether it was running: it may have ended meanwhile. */
  stop(to: StoppedState): boolean {
    if (this.#state !== LoopState.Running) return false;
    this.#state = to;
    return true;
  }

  end(): boolean {
    if (this.#state === LoopState.Ended) return false;
    this.#state = LoopState.Ended;
    return true;
  }
}
