/** The outcome of a call in a slot, as its future is to have it. */
import { notRebuilt, unpackOutcome } from '../executor/outcome.ts';
import type { ThreadMember } from './thread-member.ts';
import type { ParentMemory } from './parent-memory.ts';

export interface SlotOutcome {
  readonly failed: boolean;
  /** The value, or what was thrown. */
  readonly value: unknown;
}

/** Never throws: an outcome that can't be rebuilt is a failure of that call. */
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
