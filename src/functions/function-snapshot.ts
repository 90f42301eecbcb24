/**
 * A function packed with the values that it has captured at one moment, for the many calls of one `map`. It is
 * packed once, and all items get the same values.
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
  /** The packed function, or the error of packing it. */
  readonly packed: Packed | PicklingError;
}

export class SnapshotPacker {
  readonly #options: PrepareOptions;
  #snapshot: FunctionSnapshot | undefined = undefined;

  constructor(options: PrepareOptions) {
    this.#options = options;
  }

  /**
   * Packs the function in its current state. Undefined if no snapshot is needed: every call can use one source.
   * Never throws.
   */
  take(fn: SomeFunction): FunctionSnapshot | undefined {
    try {
      const packed = packSnapshot(fn, this.#options);
      return packed === undefined ? undefined : { fn, packed };
    } catch (error) {
      return error instanceof PicklingError ? { fn, packed: error } : undefined;
    }
  }

  /** Runs `submit`, whose calls of the function use this snapshot of it. */
  using<T>(snapshot: FunctionSnapshot | undefined, submit: () => T): T {
    const before = this.#snapshot;
    this.#snapshot = snapshot;
    try {
      return submit();
    } finally {
      this.#snapshot = before;
    }
  }

  /** @throws PicklingError if the function, or a value that it has captured, can't be sent. */
  prepare(fn: SomeFunction, args: unknown[], moved: readonly object[] | undefined): PreparedCall {
    const options = { ...this.#options, moved };
    const packed = this.#snapshot?.fn === fn ? this.#snapshot.packed : undefined;
    if (packed === undefined) return prepareCall(fn, args, options);
    if (!(packed instanceof PicklingError))
      return prepareSnapshot(fn, packed, args, options) ?? prepareCall(fn, args, options);
    // A new error for each call.
    throw new PicklingError(packed.message, { code: packed.code });
  }
}
