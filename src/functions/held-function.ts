/**
 * A function with what it had captured at one moment, for the many calls of one `map`: it is packed once,
 * and all items see the same.
 */
import { PicklingError } from '../errors.ts';
import type { Packed } from '../protocol/packed.ts';
import {
  holdFunction,
  prepareCall,
  type PreparedCall,
  prepareHeld,
  type PrepareOptions,
  type SomeFunction,
} from './prepare.ts';

export interface HeldFunction {
  readonly fn: SomeFunction;
  /** Or why it can't be packed. */
  readonly packed: Packed | PicklingError;
}

export class FunctionHolder {
  readonly #options: PrepareOptions;
  #held: HeldFunction | undefined = undefined;

  constructor(options: PrepareOptions) {
    this.#options = options;
  }

  /** Takes what the function has captured now. Undefined: every call can name it. Never throws. */
  hold(fn: SomeFunction): HeldFunction | undefined {
    try {
      const packed = holdFunction(fn, this.#options);
      return packed === undefined ? undefined : { fn, packed };
    } catch (error) {
      return error instanceof PicklingError ? { fn, packed: error } : undefined;
    }
  }

  /** Submits calls of a function that is held. */
  using<T>(held: HeldFunction | undefined, submit: () => T): T {
    const before = this.#held;
    this.#held = held;
    try {
      return submit();
    } finally {
      this.#held = before;
    }
  }

  /** @throws PicklingError if the function, or what it has captured, can't travel. */
  prepare(fn: SomeFunction, args: unknown[], moved: readonly object[] | undefined): PreparedCall {
    const options = { ...this.#options, moved };
    const packed = this.#held?.fn === fn ? this.#held.packed : undefined;
    if (packed === undefined) return prepareCall(fn, args, options);
    if (!(packed instanceof PicklingError))
      return prepareHeld(fn, packed, args, options) ?? prepareCall(fn, args, options);
    // Each call has an error of its own.
    throw new PicklingError(packed.message, { code: packed.code });
  }
}
