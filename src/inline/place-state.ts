/**
 * A place of an inline executor: one task at a time runs in it.
 *
 *     Starting -> Idle      ready:  the initializer has returned
 *     Idle     -> Busy      begin:  a task begins in it
 *     Busy     -> Idle      finish: its task has settled
 *     any but Closing -> Closing   close: it is given up, and takes no further task
 */
export const PlaceState = { Starting: 0, Idle: 1, Busy: 2, Closing: 3 } as const;
export type PlaceState = (typeof PlaceState)[keyof typeof PlaceState];

export class PlaceMachine {
  #state: PlaceState = PlaceState.Starting;

  is(state: PlaceState): boolean {
    return this.#state === state;
  }

  ready(): boolean {
    return this.#move(PlaceState.Starting, PlaceState.Idle);
  }

  begin(): boolean {
    return this.#move(PlaceState.Idle, PlaceState.Busy);
  }

  finish(): boolean {
    return this.#move(PlaceState.Busy, PlaceState.Idle);
  }

  close(): boolean {
    return !this.is(PlaceState.Closing) && this.#move(this.#state, PlaceState.Closing);
  }

  #move(from: PlaceState, to: PlaceState): boolean {
    if (this.#state !== from) return false;
    this.#state = to;
    return true;
  }
}
