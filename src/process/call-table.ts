/**
 * Calls by number, in an array: a map of tens of thousands of calls that come and go spends more time
 * on growing and being collected than the calls themselves.
 *
 * A number is used again when its call is over.
 */
export class CallTable<C extends { readonly id: number }> {
  readonly #calls: (C | undefined)[] = [];
  readonly #free: number[] = [];
  #size = 0;
  #unused = 1;
  /** Whether numbers are given out here, and not by whoever sends the calls. */
  #givesNumbers = false;

  get size(): number {
    return this.#size;
  }

  /** A number for a call, which is to be set or {@link delete}d. */
  reserve(): number {
    this.#givesNumbers = true;
    return this.#free.pop() ?? this.#unused++;
  }

  has(id: number): boolean {
    return this.#calls[id] !== undefined;
  }

  get(id: number): C | undefined {
    return this.#calls[id];
  }

  set(call: C): void {
    // In order, so that the array has no holes to begin with.
    while (this.#calls.length < call.id) this.#calls.push(undefined);
    this.#calls[call.id] = call;
    this.#size++;
  }

  delete(id: number): void {
    if (this.#calls[id] !== undefined) {
      this.#calls[id] = undefined;
      this.#size--;
    }
    if (this.#givesNumbers) this.#free.push(id);
  }

  /** All calls. */
  all(): C[] {
    return this.#calls.filter((call) => call !== undefined);
  }
}
