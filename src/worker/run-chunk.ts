/** Runs the items of a chunk of `map`, one after the other. Each has its own outcome. */
import type { Channel } from '../codec/channel.ts';
import { packError } from '../codec/error-envelope.ts';
import { unsendableResult } from '../codec/unsendable.ts';
import type { PackedOutcome } from '../protocol/messages.ts';
import { apply } from '../util/primordials.ts';
import type { AnyFunction } from './import-function.ts';

/** @param pack - what an error travels as. */
export async function runChunkItems<E>(
  fn: AnyFunction,
  tuples: readonly unknown[],
  pack: (error: unknown) => E,
): Promise<(readonly [true, unknown] | readonly [false, E])[]> {
  const outcomes: (readonly [true, unknown] | readonly [false, E])[] = [];
  for (let i = 0; i < tuples.length; i++) {
    try {
      outcomes[i] = [true, await apply(fn, undefined, tuples[i] as unknown[])];
    } catch (error) {
      outcomes[i] = [false, pack(error)];
    }
  }
  return outcomes;
}

/**
 * The outcomes of a chunk that could not be sent unchanged: only items whose values can't be sent fail. The values
 * of the others are replaced by clones, which can certainly be sent.
 */
export function salvageChunk(
  outcomes: readonly PackedOutcome[],
  worker: string,
  task: string,
  channel: Channel,
): PackedOutcome[] {
  const salvaged: PackedOutcome[] = [];
  for (let i = 0; i < outcomes.length; i++) {
    const outcome = outcomes[i] as PackedOutcome;
    if (!outcome[0]) salvaged[i] = outcome;
    else {
      try {
        salvaged[i] = [true, channel.clone(outcome[1])];
      } catch (cause) {
        const error = unsendableResult(outcome[1], task, cause);
        salvaged[i] = [false, packError(error, worker, task, channel)];
      }
    }
  }
  return salvaged;
}
