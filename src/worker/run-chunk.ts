/** The items of a chunk of `map`, one after the other, each with an outcome of its own. */
import { packError } from '../codec/error-envelope.ts';
import type { PackedOutcome } from '../protocol/messages.ts';
import type { AnyFunction } from './import-function.ts';

export async function runChunk(
  fn: AnyFunction,
  tuples: readonly unknown[],
  worker: string,
  task: string,
): Promise<PackedOutcome[]> {
  const outcomes: PackedOutcome[] = [];
  for (const tuple of tuples as unknown[][]) {
    try {
      outcomes.push([true, await fn(...tuple)]);
    } catch (error) {
      outcomes.push([false, packError(error, worker, task)]);
    }
  }
  return outcomes;
}
