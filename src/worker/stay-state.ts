/**
 * Whether a worker is to end, as its call loop knows it.
 *
 *     Open      -> Closing     close:  it was told to end when it has nothing left to do
 *     Open | Closing | Staying -> Departing   depart: its exit handlers run
 *     Departing -> Staying     stay:   they have not ended it, so it ends when it has nothing left to do
 */
export const StayState = { Open: 0, Closing: 1, Departing: 2, Staying: 3 } as const;
export type StayState = (typeof StayState)[keyof typeof StayState];

export class StayMachine {
  #state: StayState = StayState.Open;

  is(state: StayState): boolean {
    return this.#state === state;
  }

  /** Whether it is to end, sooner or later. */
  get isToEnd(): boolean {
    return this.#state !== StayState.Open;
  }

  /** Whether its exit handlers have run. */
  get hasDeparted(): boolean {
    return this.#state >= StayState.Departing;
  }

  close(): boolean {
    if (this.#state !== StayState.Open) return false;
    this.#state = StayState.Closing;
    return true;
  }

  depart(): boolean {
    if (this.#state === StayState.Departing) return false;
    this.#state = StayState.Departing;
    return true;
  }

  stay(): boolean {
    if (this.#state !== StayState.Departing) return false;
    this.#state = StayState.Staying;
    return true;
  }
}
