/**
 * The loop in which a parent looks for notices of its workers.
 *
 *     Asleep    -> Scheduled   schedule: a call was submitted
 *     Passing   -> Scheduled   schedule: there is more, but others must get their turn
 *     Scheduled -> Passing     pass:     its microtask, or its turn of the event loop
 *     Asleep    -> Passing     pass:     a worker has notified
 *     Passing   -> Asleep      sleep:    nothing is under way, or it is armed: a worker will notify
 */
export const ParentLoopState = { Asleep: 0, Scheduled: 1, Passing: 2 } as const;
export type ParentLoopState = (typeof ParentLoopState)[keyof typeof ParentLoopState];

export class ParentLoopMachine {
  #state: ParentLoopState = ParentLoopState.Asleep;

  is(state: ParentLoopState): boolean {
    return this.#state === state;
  }

  schedule(): boolean {
    if (this.#state === ParentLoopState.Scheduled) return false;
    this.#state = ParentLoopState.Scheduled;
    return true;
  }

  pass(): boolean {
    if (this.#state === ParentLoopState.Passing) return false;
    this.#state = ParentLoopState.Passing;
    return true;
  }

  sleep(): boolean {
    if (this.#state !== ParentLoopState.Passing) return false;
    this.#state = ParentLoopState.Asleep;
    return true;
  }
}
