/** How many calls a worker runs before its event loop gets a turn: about a millisecond's worth. */
import { max, min, now } from '../util/primordials.ts';

/** Milliseconds. */
const SLICE = 1;
const MAX_BATCH = 256;

export class TimeSlice {
  #batch = 16;
  #calls = 0;
  #began = 0;

  get isOver(): boolean {
    return this.#calls >= this.#batch;
  }

  count(): void {
    this.#calls++;
  }

  /** A new turn after a full one, which tells how many calls fit into one. */
  next(): void {
    const took = now() - this.#began;
    if (took > SLICE) this.#batch = max(1, this.#batch >> 1);
    else if (took < SLICE / 2) this.#batch = min(MAX_BATCH, this.#batch << 1);
    this.begin();
  }

  /** A new turn after sleep, which tells nothing. */
  begin(): void {
    this.#began = now();
    this.#calls = 0;
  }
}
