/** Calls that found no room in shared memory, in order of submission. There may be a million of them. */
import type { Future } from '../future/future.ts';
import { Deque } from '../util/deque.ts';

export interface WaitingCall {
  readonly future: Future<unknown>;
  /** What goes into the slot's function word. */
  readonly fn: number;
  /** A snapshot: what the caller does with its own objects after `submit` does not show in here. */
  readonly args: unknown[];
  /** What of `args` is to be moved when it is sent as a message. */
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

  /** Takes off, from the head on, what `put` finds room for. @returns whether none is left. */
  takeOff(put: (call: WaitingCall) => boolean): boolean {
    for (let call = this.#first(); call !== undefined; call = this.#first()) {
      if (!put(call)) return false;
      this.remove(call.future);
    }
    return true;
  }

  /** The call at the head; calls that were removed meanwhile are passed over. */
  #first(): WaitingCall | undefined {
    for (let future = this.#order.peek(); future !== undefined; future = this.#order.peek()) {
      const call = this.#calls.get(future);
      if (call !== undefined) return call;
      this.#order.shift();
    }
    return undefined;
  }

  /** @returns whether it was in the backlog. Its arguments are let go at once. */
  remove(future: Future<unknown>): boolean {
    return this.#calls.delete(future);
  }

  futures(): Future<unknown>[] {
    return [...this.#calls.keys()];
  }
}
