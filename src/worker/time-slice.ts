/** Limits the number of calls that a worker runs before the next event loop iteration: about a millisecond's worth. */
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

  /** Begins a slice after a full one, whose duration shows how many calls fit into one. */
  next(): void {
    const took = now() - this.#began;
    if (took > SLICE) this.#batch = max(1, this.#batch >> 1);
    else if (took < SLICE / 2) this.#batch = min(MAX_BATCH, this.#batch << 1);
    this.begin();
  }

  /** Begins a slice after sleep; the time before does not count. */
  begin(): void {
    this.#began = now();
    this.#calls = 0;
  }
}
