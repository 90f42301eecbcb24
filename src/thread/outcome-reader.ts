/** The outcome of a call in a slot, as its future is to have it. */
import { notRebuilt, unpackOutcome } from '../executor/outcome.ts';
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
  entry: number,
  lane: Lane,
  task: string | undefined,
): Outcome {
  try {
    const failed = memory.hasFailed(slot);
    const value = memory.takeOutcome(slot, entry, lane);
    return { failed, value: unpackOutcome(value, failed, memory.isChunk(slot)) };
  } catch (cause) {
    return { failed: true, value: notRebuilt(task, cause) };
  }
}
