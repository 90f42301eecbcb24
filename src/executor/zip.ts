/**
 * Several iterables side by side, as `map` takes them: tuples until the shortest ends, in chunks.
 *
 * One async iterable among them makes the whole thing async; that is decided once, at the call.
 */
import { invalidType } from '../util/validate.ts';

export type AnyIterable = Iterable<unknown> | AsyncIterable<unknown>;
export type Tuple = unknown[];

/** @throws TypeError naming the argument that can't be iterated. */
export function checkIterables(iterables: readonly unknown[]): boolean {
  let someAsync = false;
  for (const [index, each] of iterables.entries()) {
    const iterable = each as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null | undefined;
    if (typeof iterable?.[Symbol.asyncIterator] === 'function') someAsync = true;
    else if (typeof iterable?.[Symbol.iterator] !== 'function') {
      throw invalidType(`iterables[${index}]`, 'an iterable or an async iterable', each);
    }
  }
  return someAsync;
}

/** Chunks of at most `size` tuples. Closes all its sources when it ends or is closed. */
export function* zip(
  iterables: readonly Iterable<unknown>[],
  size: number,
): Generator<Tuple[], void> {
  if (iterables.length === 0) return;
  const sources = iterables.map((iterable) => iterable[Symbol.iterator]());
  try {
    for (;;) {
      const chunk: Tuple[] = [];
      while (chunk.length < size) {
        const tuple: Tuple = [];
        for (const source of sources) {
          const item = source.next();
          if (item.done === true) {
            if (chunk.length > 0) yield chunk;
            return;
          }
          tuple.push(item.value);
        }
        chunk.push(tuple);
      }
      yield chunk;
    }
  } finally {
    for (const source of sources) source.return?.();
  }
}

/** {@link zip} over sources of which at least one is async. */
export async function* zipAsync(
  iterables: readonly AnyIterable[],
  size: number,
): AsyncGenerator<Tuple[], void> {
  const sources = iterables.map((iterable) =>
    Symbol.asyncIterator in iterable
      ? iterable[Symbol.asyncIterator]()
      : iterable[Symbol.iterator](),
  );
  try {
    for (;;) {
      const chunk: Tuple[] = [];
      while (chunk.length < size) {
        const tuple: Tuple = [];
        for (const source of sources) {
          const item = await source.next();
          if (item.done === true) {
            if (chunk.length > 0) yield chunk;
            return;
          }
          tuple.push(item.value);
        }
        chunk.push(tuple);
      }
      yield chunk;
    }
  } finally {
    for (const source of sources) await source.return?.();
  }
}
