/** The items of a chunk of `map`, one after the other, each with an outcome of its own. */
import { packError } from '../codec/error-envelope.ts';
import type { PackedOutcome } from '../protocol/messages.ts';
import { apply } from '../util/primordials.ts';
import type { AnyFunction } from './import-function.ts';

export async function runChunk(
  fn: AnyFunction,
  tuples: readonly unknown[],
  worker: string,
  task: string,
): Promise<PackedOutcome[]> {
  const outcomes: PackedOutcome[] = [];
  for (let i = 0; i < tuples.length; i++) {
    try {
      outcomes[i] = [true, await apply(fn, undefined, tuples[i] as unknown[])];
    } catch (error) {
      outcomes[i] = [false, packError(error, worker, task)];
    }
  }
  return outcomes;
}
