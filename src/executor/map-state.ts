/**
 * The input of a `map`.
 *
 *     Idle    -> Reading   read:  there is room for another call, so a chunk is read
 *     Reading -> Idle      more:  the chunk was read, and there may be others behind it
 *     Reading -> Ended     end:   the input is exhausted, or has failed
 *     Idle | Ended -> Ended   fail:  a submit has failed
 *     any but Closed -> Closed   close: the loop was left, is over time or aborted, or everything was handed out
 *
 * In Closed nothing is submitted or handed out any more, whatever still arrives.
 */
export const MapState = { Idle: 0, Reading: 1, Ended: 2, Closed: 3 } as const;
export type MapState = (typeof MapState)[keyof typeof MapState];

export interface MapFailure {
  readonly error: unknown;
}

export class MapMachine {
  #state: MapState = MapState.Idle;
  #failure: MapFailure | undefined = undefined;

  is(state: MapState): boolean {
    return this.#state === state;
  }

  /** Why the input ended before its time. It is thrown after everything submitted has been handed out. */
  get failure(): MapFailure | undefined {
    return this.#failure;
  }

  read(): boolean {
    if (this.#state !== MapState.Idle) return false;
    this.#state = MapState.Reading;
    return true;
  }

  more(): boolean {
    if (this.#state !== MapState.Reading) return false;
    this.#state = MapState.Idle;
    return true;
  }

  end(failure?: MapFailure): boolean {
    if (this.#state !== MapState.Reading) return false;
    this.#state = MapState.Ended;
    this.#failure = failure;
    return true;
  }

  fail(error: unknown): boolean {
    if (this.#state !== MapState.Idle && this.#state !== MapState.Ended) return false;
    this.#state = MapState.Ended;
    this.#failure = { error };
    return true;
  }

  close(): boolean {
    if (this.#state === MapState.Closed) return false;
    this.#state = MapState.Closed;
    return true;
  }
}
