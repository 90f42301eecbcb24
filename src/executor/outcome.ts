/** The outcome of a call as its future is to have it, from what a worker has sent. */
import { type ErrorEnvelope, unpackError } from '../codec/error-envelope.ts';
import { PicklingError } from '../errors.ts';
import { reason } from '../util/validate.ts';
import type { PackedOutcome } from '../protocol/messages.ts';
import type { ItemOutcome } from './chunk.ts';

/** @param value - as it was rebuilt: an envelope if the call has failed, packed outcomes if it is a chunk. */
export function unpackOutcome(value: unknown, failed: boolean, isChunk: boolean): unknown {
  if (failed) return unpackError(value as ErrorEnvelope);
  return isChunk ? unpackChunk(value as PackedOutcome[]) : value;
}

/** The outcomes of a chunk's items, errors rebuilt. */
function unpackChunk(outcomes: PackedOutcome[]): ItemOutcome[] {
  return outcomes.map((item) => (item[0] ? item : [false, unpackError(item[1])]));
}

/** An outcome that can't be rebuilt is a failure of that call. */
export function notRebuilt(task: string | undefined, cause: unknown): PicklingError {
  return new PicklingError(
    `The result of ${task ?? 'the call'} could not be rebuilt: ${reason(cause)} Return plain data instead.`,
    { cause },
  );
}
