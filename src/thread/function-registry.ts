/** The functions that calls of one pool use, by number: what the parent has told its workers. */
import { referenceOf } from '../functions/task.ts';
import type { FunctionEntry, FunctionReference } from '../protocol/messages.ts';

/** A function, or where one is. */
export type Callee = ((...args: never[]) => unknown) | FunctionReference;

export class FunctionRegistry {
  readonly #byPlace = new Map<string, FunctionEntry>();
  readonly #byCallee = new WeakMap<object, FunctionEntry>();
  readonly #announce: (entry: FunctionEntry) => void;
  #lastCallee: object | undefined = undefined;
  #lastEntry: FunctionEntry | undefined = undefined;

  /** @param announce - tells the workers that exist of a new function, before any call of it. */
  constructor(announce: (entry: FunctionEntry) => void) {
    this.#announce = announce;
  }

  /** All functions so far, for a worker that is about to start. */
  entries(): FunctionEntry[] {
    return [...this.#byPlace.values()];
  }

  /** @throws PicklingError if no worker could find the function. */
  entryFor(callee: Callee): FunctionEntry {
    if (callee === this.#lastCallee && this.#lastEntry !== undefined) return this.#lastEntry;
    const entry = this.#byCallee.get(callee) ?? this.#register(callee);
    this.#lastCallee = callee;
    this.#lastEntry = entry;
    return entry;
  }

  #register(callee: Callee): FunctionEntry {
    const { module, path } = typeof callee === 'function' ? referenceOf(callee) : callee;
    const name = path.join('.');
    const place = `${module}#${name}`;
    let entry = this.#byPlace.get(place);
    if (entry === undefined) {
      entry = { id: this.#byPlace.size, name, module, path };
      this.#byPlace.set(place, entry);
      this.#announce(entry);
    }
    this.#byCallee.set(callee, entry);
    return entry;
  }
}
