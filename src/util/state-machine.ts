/**
 * A state machine without data of its own. A subclass, in a `*-state.ts`, has the table of arrows and a method for each
 * transition; nobody else assigns the state.
 */
export abstract class StateMachine<S> {
  #state: S;

  constructor(first: S) {
    this.#state = first;
  }

  is(state: S): boolean {
    return this.#state === state;
  }

  /** @returns whether the state was `from`, and is `to` now. */
  protected move(from: S, to: S): boolean {
    if (this.#state !== from) return false;
    this.#state = to;
    return true;
  }

  /** Goes to `to` from any other state. @returns whether it was not there before. */
  protected enter(to: S): boolean {
    return this.#state !== to && this.move(this.#state, to);
  }
}
