/**
 * Several items of a `map` as one call. Each item keeps an outcome of its own, so one that throws
 * costs its neighbours nothing.
 */
import { isThenable } from '../util/thenable.ts';

/** What became of one item: `[true, value]` or `[false, error]`. Tagged, because anything can be thrown. */
export type ItemOutcome =
  | readonly [ok: true, value: unknown]
  | readonly [ok: false, error: unknown];

/**
 * Runs the items of a chunk one after the other. Returns their outcomes as they are while all items
 * are synchronous: an executor of somebody's own may know nothing of promises.
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
