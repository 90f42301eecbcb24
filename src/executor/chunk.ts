/**
 * Several items of a `map` as one call. Each item keeps an outcome of its own, so an item that throws does not affect
 * its neighbours.
 */
import { isThenable } from '../util/thenable.ts';

/** The outcome of one item: `[true, value]` or `[false, error]`. Tagged, because any value can be thrown. */
export type ItemOutcome =
  | readonly [ok: true, value: unknown]
  | readonly [ok: false, error: unknown];

/**
 * Runs the items of a chunk one after the other. Returns their outcomes without a promise as long as all items are
 * synchronous: a user's own executor may not support promises.
 */
export function runChunk(
  fn: (...args: unknown[]) => unknown,
  tuples: readonly unknown[][],
): ItemOutcome[] | Promise<ItemOutcome[]> {
  const outcomes: ItemOutcome[] = [];
  for (const [index, tuple] of tuples.entries()) {
    try {
      const value = fn(...tuple);
      if (isThenable(value)) return awaitRest(fn, tuples.slice(index + 1), outcomes, value);
      outcomes.push([true, value]);
    } catch (error) {
      outcomes.push([false, error]);
    }
  }
  return outcomes;
}

async function awaitRest(
  fn: (...args: unknown[]) => unknown,
  tuples: readonly unknown[][],
  outcomes: ItemOutcome[],
  pending: PromiseLike<unknown>,
): Promise<ItemOutcome[]> {
  const settle = async (run: () => unknown): Promise<void> => {
    try {
      outcomes.push([true, await run()]);
    } catch (error) {
      outcomes.push([false, error]);
    }
  };
  await settle(() => pending);
  for (const tuple of tuples) await settle(() => fn(...tuple));
  return outcomes;
}
