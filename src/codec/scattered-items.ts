/**
 * Objects whose items lie anywhere, in memory that goes with how many there are.
 *
 * An engine keeps items in a row, with room for those between: an object with one item, of the number 1023, takes 12 kB,
 * and an empty array of the length 2 ** 25 takes 256 MB. Whoever writes a table needs 15 letters for either. Where an object
 * has once had an item of a very high number, engines keep what it has, and nothing between.
 */
import { charCodeAt, TrueArray } from '../util/primordials.ts';

/** The highest number that an item may have. */
const LAST = 2 ** 32 - 2;
/** Places without an item for each that has one: few enough to be kept in a row. */
const SPARE = 8;
const FEW = 16;
const ZERO = 48;
const NINE = 57;

/** Whether it may be the number of an item, and not one of the first: those need no room before them. */
export function isHighIndex(key: string): boolean {
  if (key.length < 2) return false;
  const first = charCodeAt(key, 0);
  return first >= ZERO && first <= NINE;
}

/** To be called before it has any items. */
export function scatter(object: object): void {
  const items = object as Record<number, unknown>;
  items[LAST] = 0;
  delete items[LAST];
}

/** @param count - how many items it is going to have, or a few more. */
export function arrayOfLength(length: number, count: number): unknown[] {
  if (length <= FEW + count * SPARE) return new TrueArray<unknown>(length);
  const array: unknown[] = [];
  scatter(array);
  array.length = length;
  return array;
}
