/** The outcome of a call in a slot, as its future is to have it. */
import { type ErrorEnvelope, unpackError } from '../codec/error-envelope.ts';
import { PicklingError } from '../errors.ts';
import type { ItemOutcome } from '../executor/chunk.ts';
import { reason } from '../util/validate.ts';
import type { PackedOutcome } from '../worker/run-chunk.ts';
import type { Lane } from './lane.ts';
import type { ParentMemory } from './parent-memory.ts';

export interface Outcome {
  readonly failed: boolean;
  /** The value, or what was thrown. */
  readonly value: unknown;
}

/** Never throws: an outcome that can't be rebuilt is a failure of that call. */
export function readOutcome(
  memory: ParentMemory,
  slot: number,
  lane: Lane,
  task: string | undefined,
): Outcome {
  try {
    const value = memory.takeOutcome(slot, lane);
    if (memory.hasFailed(slot)) return { failed: true, value: unpackError(value as ErrorEnvelope) };
    if (memory.isChunk(slot))
      return { failed: false, value: unpackChunk(value as PackedOutcome[]) };
    return { failed: false, value };
  } catch (cause) {
    const text = `The result of ${task ?? 'the call'} could not be rebuilt: ${reason(cause)} Return plain data instead.`;
    return { failed: true, value: new PicklingError(text, { cause }) };
  }
}

/** The outcomes of a chunk's items, errors rebuilt. */
function unpackChunk(outcomes: PackedOutcome[]): ItemOutcome[] {
  return outcomes.map((item) => (item[0] ? item : [false, unpackError(item[1])]));
}
