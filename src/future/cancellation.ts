/**
 * The outcome of a cancelled future until somebody asks for it: making an error takes microseconds,
 * which a shutdown that cancels a million calls would feel.
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
