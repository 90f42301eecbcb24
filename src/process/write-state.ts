/**
 * Who writes what a worker process has for its parent.
 *
 *     Idle      -> Scheduled   schedule: something waits, and the event loop will try again
 *     Scheduled -> Idle        retry:    the event loop tries again
 *     Idle | Scheduled -> Left   leave:  it can't be written by hand, so it is left to the stream for good
 */
export const WriteState = { Idle: 0, Scheduled: 1, Left: 2 } as const;
export type WriteState = (typeof WriteState)[keyof typeof WriteState];

export class WriteMachine {
  #state: WriteState = WriteState.Idle;

  is(state: WriteState): boolean {
    return this.#state === state;
  }

  schedule(): boolean {
    if (this.#state !== WriteState.Idle) return false;
    this.#state = WriteState.Scheduled;
    return true;
  }

  retry(): boolean {
    if (this.#state !== WriteState.Scheduled) return false;
    this.#state = WriteState.Idle;
    return true;
  }

  leave(): boolean {
    if (this.#state === WriteState.Left) return false;
    this.#state = WriteState.Left;
    return true;
  }
}
