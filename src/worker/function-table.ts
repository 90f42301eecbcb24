/** The functions that a worker knows by number, imported when they are first called. */
import type { FunctionEntry } from '../protocol/messages.ts';
import { type AnyFunction, importFunction } from './import-function.ts';

interface Known {
  readonly entry: FunctionEntry;
  fn: AnyFunction | undefined;
}

export class FunctionTable {
  readonly #known: (Known | undefined)[] = [];
  readonly #importTimeout: number;

  constructor(importTimeout: number) {
    this.#importTimeout = importTimeout;
  }

  add(entry: FunctionEntry): void {
    this.#known[entry.id] = { entry, fn: undefined };
  }

  has(id: number): boolean {
    return this.#known[id] !== undefined;
  }

  /** What the function is called in messages. */
  nameOf(id: number): string {
    return this.#known[id]?.entry.name ?? `function ${id}`;
  }

  /** The function, if it has been imported. */
  get(id: number): AnyFunction | undefined {
    return this.#known[id]?.fn;
  }

  /** Imports the function. A failure is not remembered: the next call tries again. */
  async import(id: number): Promise<AnyFunction> {
    const known = this.#known[id];
    if (known === undefined) throw new Error(`Function ${id} was called but never announced.`);
    known.fn = await importFunction(known.entry, this.#importTimeout);
    return known.fn;
  }
}
