/** The items of a chunk of `map`, one after the other, each with an outcome of its own. */
import { betweenThreads, type Channel } from '../codec/channel.ts';
import { type ErrorEnvelope, packError } from '../codec/error-envelope.ts';
import { unsendableResult } from '../codec/unsendable.ts';
import { apply } from '../util/primordials.ts';
import type { AnyFunction } from './import-function.ts';

/** The outcome of one item, as it travels. */
export type PackedOutcome =
  | readonly [ok: true, value: unknown]
  | readonly [ok: false, error: ErrorEnvelope];

/** @param channel - on which the outcomes travel. */
export async function runChunk(
  fn: AnyFunction,
  tuples: readonly unknown[],
  worker: string,
  task: string,
  channel: Channel = betweenThreads,
): Promise<PackedOutcome[]> {
  const outcomes: PackedOutcome[] = [];
  for (let i = 0; i < tuples.length; i++) {
    try {
      outcomes[i] = [true, await apply(fn, undefined, tuples[i] as unknown[])];
    } catch (error) {
      outcomes[i] = [false, packError(error, worker, task, channel)];
    }
  }
  return outcomes;
}

/**
 * The outcomes of a chunk that could not be sent as it is: an item whose value can't travel fails by
 * itself, and not its neighbours. Of the others there are copies, in which nothing can fail any more.
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
