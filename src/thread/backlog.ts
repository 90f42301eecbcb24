/** Calls that found no room in shared memory, in order of submission. There may be a million of them. */
import type { Future } from '../future/future.ts';
import { Deque } from '../util/deque.ts';

export interface WaitingCall {
  readonly future: Future<unknown>;
  /** The value of the slot's function word. */
  readonly fn: number;
  /** A snapshot: later changes of the caller's own objects do not show in it. */
  readonly args: unknown[];
  /** The parts of `args` that are moved when they are sent as a message. */
  readonly transfer: readonly object[];
}

export class Backlog {
  readonly #order = new Deque<Future<unknown>>();
  readonly #calls = new Map<Future<unknown>, WaitingCall>();

  get size(): number {
    return this.#calls.size;
  }

  add(call: WaitingCall): void {
    this.#order.push(call.future);
    this.#calls.set(call.future, call);
  }

  /**
   * Removes calls from the head on, as long as `put` finds room for them.
   * @returns true if none is left.
   */
  takeOff(put: (call: WaitingCall) => boolean): boolean {
    for (let call = this.#first(); call !== undefined; call = this.#first()) {
      if (!put(call)) return false;
      this.remove(call.future);
    }
    return true;
  }

  /** The call at the head. Calls that were removed meanwhile are skipped. */
  #first(): WaitingCall | undefined {
    for (let future = this.#order.peek(); future !== undefined; future = this.#order.peek()) {
      const call = this.#calls.get(future);
      if (call !== undefined) return call;
      this.#order.shift();
    }
    return undefined;
  }

  /** @returns true if the call was in the backlog. Its arguments are released at once. */
  remove(future: Future<unknown>): boolean {
    return this.#calls.delete(future);
  }

  futures(): Future<unknown>[] {
    return [...this.#calls.keys()];
  }
}
