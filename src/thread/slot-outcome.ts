/** Converts the outcome in a slot to the outcome of its future. */
import { notRebuilt, unpackOutcome } from '../executor/outcome.ts';
import type { ThreadMember } from './thread-member.ts';
import type { ParentMemory } from './parent-memory.ts';

export interface SlotOutcome {
  readonly failed: boolean;
  /** The value, or the error. */
  readonly value: unknown;
}

/** Never throws: if the outcome can't be rebuilt, the call fails. */
export function readSlotOutcome(
  memory: ParentMemory,
  slot: number,
  entry: number,
  member: ThreadMember,
  task: string | undefined,
): SlotOutcome {
  try {
    const failed = memory.hasFailed(slot);
    const value = memory.takeOutcome(slot, entry, member);
    return { failed, value: unpackOutcome(value, failed, memory.isChunk(slot)) };
  } catch (cause) {
    return { failed: true, value: notRebuilt(task, cause) };
  }
}
