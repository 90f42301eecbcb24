/** Converts an outcome that a worker has sent to the outcome of a future. */
import { type ErrorEnvelope, unpackError } from '../codec/error-envelope.ts';
import { PicklingError } from '../errors.ts';
import { reason } from '../util/validate.ts';
import type { PackedOutcome } from '../protocol/messages.ts';
import type { ItemOutcome } from './chunk.ts';

/** @param value - the rebuilt value: an envelope if the call has failed, packed outcomes if it is a chunk. */
export function unpackOutcome(value: unknown, failed: boolean, isChunk: boolean): unknown {
  if (failed) return unpackError(value as ErrorEnvelope);
  return isChunk ? unpackChunk(value as PackedOutcome[]) : value;
}

/** The outcomes of a chunk's items, errors rebuilt. */
function unpackChunk(outcomes: PackedOutcome[]): ItemOutcome[] {
  return outcomes.map((item) => (item[0] ? item : [false, unpackError(item[1])]));
}

/** The failure of a call whose outcome can't be rebuilt. */
export function notRebuilt(task: string | undefined, cause: unknown): PicklingError {
  return new PicklingError(
    `The result of ${task ?? 'the call'} could not be rebuilt: ${reason(cause)} Return plain data instead.`,
    { cause },
  );
}
