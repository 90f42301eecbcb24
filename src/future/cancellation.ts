/**
 * The outcome of a cancelled future until code reads it: making an error takes microseconds, which would slow down a
 * shutdown that cancels a million calls.
 */
import { CancelledError } from '../errors.ts';

export class Cancellation {
  readonly #reason: unknown;

  constructor(reason: unknown) {
    this.#reason = reason;
  }

  toError(): CancelledError {
    return new CancelledError(
      undefined,
      this.#reason === undefined ? undefined : { cause: this.#reason },
    );
  }
}
