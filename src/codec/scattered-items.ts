/**
 * Creates objects whose items have any indices, in memory proportional to the number of items.
 *
 * An engine stores items in a row, with room for the gaps: an object with a single item at index 1023 takes 12 kB,
 * and an empty array of the length 2 ** 25 takes 256 MB. A table needs only 15 characters for either. If an object
 * once had an item with a very high index, engines store only its items, without the gaps.
 */
import { charCodeAt, TrueArray } from '../util/primordials.ts';

/** The highest index of an item. */
const LAST = 2 ** 32 - 2;
/** Gaps for each item: few enough to be stored in a row. */
const SPARE = 8;
const FEW = 16;
const ZERO = 48;
const NINE = 57;

/** True if the key may be an index, but not one of the first, which need no room before them. */
export function isHighIndex(key: string): boolean {
  if (key.length < 2) return false;
  const first = charCodeAt(key, 0);
  return first >= ZERO && first <= NINE;
}

/** Call it before the object has any items. */
export function scatter(object: object): void {
  const items = object as Record<number, unknown>;
  items[LAST] = 0;
  delete items[LAST];
}

/** @param count - the number of items that the array will have, or a few more. */
export function arrayOfLength(length: number, count: number): unknown[] {
  if (length <= FEW + count * SPARE) return new TrueArray<unknown>(length);
  const array: unknown[] = [];
  scatter(array);
  array.length = length;
  return array;
}
