/**
 * Several iterables side by side, for `map`: tuples until the shortest ends, in chunks.
 *
 * One async iterable makes the whole input async; that is decided once, at the call.
 *
 * Written by hand and not as generators: items that were read before an input failed are still used, and an input can
 * be closed while it is in the middle of a `next()`.
 */
import { invalidType } from '../util/validate.ts';

export type AnyIterable = Iterable<unknown> | AsyncIterable<unknown>;
export type Tuple = unknown[];

/** The end of an input: the shortest iterable ended, or this error was thrown. */
export type InputEnd = 'exhausted' | { readonly error: unknown };

/** The items of one read: at most one chunk, which is not full if the input has ended. */
export interface Chunk {
  readonly tuples: Tuple[];
  readonly end: InputEnd | undefined;
}

/** Read as a property, because a string is iterable but not an object. */
function isAsync(iterable: AnyIterable): iterable is AsyncIterable<unknown> {
  const { [Symbol.asyncIterator]: method } = iterable as Partial<AsyncIterable<unknown>>;
  return typeof method === 'function';
}

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

/** The iterators of an input, and the ones that must still be closed. */
class Sources<S extends Iterator<unknown> | AsyncIterator<unknown>> {
  readonly all: S[] = [];
  /** Iterators that have neither ended nor failed, and were not closed. */
  readonly open = new Set<S>();
  readonly #iterables: readonly AnyIterable[];

  constructor(iterables: readonly AnyIterable[]) {
    this.#iterables = iterables;
  }

  /** Called for the first item and not before: getting an iterator may fail, and is the first part of reading. */
  start(): void {
    if (this.all.length > 0) return;
    for (const iterable of this.#iterables) {
      const source = isAsync(iterable)
        ? iterable[Symbol.asyncIterator]()
        : iterable[Symbol.iterator]();
      this.all.push(source as S);
      this.open.add(source as S);
    }
  }
}

/** Sync iterables. */
export class SyncInput {
  readonly #sources: Sources<Iterator<unknown>>;
  readonly #size: number;

  /** @param size - the number of tuples in a chunk. */
  constructor(iterables: readonly AnyIterable[], size: number) {
    this.#sources = new Sources(iterables);
    this.#size = size;
  }

  /** Does not throw: an error is the end of the input. */
  read(): Chunk {
    const { all, open } = this.#sources;
    const tuples: Tuple[] = [];
    let current: Iterator<unknown> | undefined;
    try {
      this.#sources.start();
      while (tuples.length < this.#size && all.length > 0) {
        const tuple: Tuple = [];
        for (current of all) {
          const item = current.next();
          if (item.done === true) {
            open.delete(current);
            this.#closeAll();
            return { tuples, end: 'exhausted' };
          }
          tuple.push(item.value);
        }
        tuples.push(tuple);
      }
    } catch (error) {
      // An iterator that has thrown has ended. Its error stays, whatever errors closing the others has.
      if (current !== undefined) open.delete(current);
      void this.close().catch(() => {});
      return { tuples, end: { error } };
    }
    return { tuples, end: all.length > 0 ? undefined : 'exhausted' };
  }

  /** Closes the iterables at once. @returns a promise that is rejected with the first error of closing. */
  async close(): Promise<void> {
    this.#closeAll();
  }

  #closeAll(): void {
    const { open } = this.#sources;
    let failure: { readonly error: unknown } | undefined;
    for (const source of open) {
      open.delete(source);
      try {
        source.return?.();
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }
}

/** Iterables of which at least one is async. */
export class AsyncInput {
  readonly #sources: Sources<Iterator<unknown> | AsyncIterator<unknown>>;
  readonly #size: number;
  #closing: Promise<void> | undefined = undefined;

  constructor(iterables: readonly AnyIterable[], size: number) {
    this.#sources = new Sources(iterables);
    this.#size = size;
  }

  /** As {@link SyncInput.read}. It reads nothing after {@link close}. */
  async read(): Promise<Chunk> {
    const { all, open } = this.#sources;
    const tuples: Tuple[] = [];
    let current: Iterator<unknown> | AsyncIterator<unknown> | undefined;
    try {
      this.#sources.start();
      while (tuples.length < this.#size) {
        const tuple: Tuple = [];
        for (current of all) {
          const item = await current.next();
          if (this.#closing !== undefined) return { tuples, end: 'exhausted' };
          if (item.done === true) {
            open.delete(current);
            await this.close();
            return { tuples, end: 'exhausted' };
          }
          tuple.push(item.value);
        }
        tuples.push(tuple);
      }
    } catch (error) {
      if (current !== undefined) open.delete(current);
      await this.close().catch(() => {});
      return { tuples, end: { error } };
    }
    return { tuples, end: undefined };
  }

  /** Closes all iterables at once, also one with a pending `next()`, and waits for them. */
  close(): Promise<void> {
    return (this.#closing ??= this.#closeAll());
  }

  async #closeAll(): Promise<void> {
    const closing = [...this.#sources.open].map(async (source) => {
      await source.return?.();
    });
    for (const outcome of await Promise.allSettled(closing))
      if (outcome.status === 'rejected') throw outcome.reason;
  }
}
