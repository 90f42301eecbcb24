/**
 * Calls by number, in an array: with tens of thousands of calls that come and go, growing and collecting a map costs
 * more time than the calls themselves.
 *
 * A number is used again when its call is over.
 */
export class CallTable<C extends { readonly id: number }> {
  readonly #calls: (C | undefined)[] = [];
  readonly #free: number[] = [];
  #size = 0;
  #unused = 1;
  /** True if this table gives out the numbers; false if the sender of the calls does. */
  #givesNumbers = false;

  get size(): number {
    return this.#size;
  }

  /** Reserves a number for a call, which must then be set or {@link delete}d. */
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
    // In order, so that the array starts without holes.
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
