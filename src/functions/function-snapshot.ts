/**
 * A function with what it had captured at one moment, for the many calls of one `map`: it is packed once,
 * and all items see the same.
 */
import { PicklingError } from '../errors.ts';
import type { Packed } from '../protocol/packed.ts';
import {
  packSnapshot,
  prepareCall,
  type PreparedCall,
  prepareSnapshot,
  type PrepareOptions,
  type SomeFunction,
} from './prepare.ts';

export interface FunctionSnapshot {
  readonly fn: SomeFunction;
  /** Or why it can't be packed. */
  readonly packed: Packed | PicklingError;
}

export class SnapshotPacker {
  readonly #options: PrepareOptions;
  #snapshot: FunctionSnapshot | undefined = undefined;

  constructor(options: PrepareOptions) {
    this.#options = options;
  }

  /** Takes what the function has captured now. Undefined: every call can name it. Never throws. */
  take(fn: SomeFunction): FunctionSnapshot | undefined {
    try {
      const packed = packSnapshot(fn, this.#options);
      return packed === undefined ? undefined : { fn, packed };
    } catch (error) {
      return error instanceof PicklingError ? { fn, packed: error } : undefined;
    }
  }

  /** Submits calls of a function with the snapshot that was taken of it. */
  using<T>(snapshot: FunctionSnapshot | undefined, submit: () => T): T {
    const before = this.#snapshot;
    this.#snapshot = snapshot;
    try {
      return submit();
    } finally {
      this.#snapshot = before;
    }
  }

  /** @throws PicklingError if the function, or what it has captured, can't travel. */
  prepare(fn: SomeFunction, args: unknown[], moved: readonly object[] | undefined): PreparedCall {
    const options = { ...this.#options, moved };
    const packed = this.#snapshot?.fn === fn ? this.#snapshot.packed : undefined;
    if (packed === undefined) return prepareCall(fn, args, options);
    if (!(packed instanceof PicklingError))
      return prepareSnapshot(fn, packed, args, options) ?? prepareCall(fn, args, options);
    // Each call has an error of its own.
    throw new PicklingError(packed.message, { code: packed.code });
  }
}
