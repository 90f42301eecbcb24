/**
 * Several items of a `map` as one call. Each item keeps an outcome of its own, so one that throws
 * costs its neighbours nothing.
 */

/** What became of one item: `[true, value]` or `[false, error]`. Tagged, because anything can be thrown. */
export type ItemOutcome =
  | readonly [ok: true, value: unknown]
  | readonly [ok: false, error: unknown];

/** Runs the items of a chunk one after the other. */
export async function runChunk(
  fn: (...args: unknown[]) => unknown,
  tuples: readonly unknown[][],
): Promise<ItemOutcome[]> {
  const outcomes: ItemOutcome[] = [];
  for (const tuple of tuples) {
    try {
      outcomes.push([true, await fn(...tuple)]);
    } catch (error) {
      outcomes.push([false, error]);
    }
  }
  return outcomes;
}
