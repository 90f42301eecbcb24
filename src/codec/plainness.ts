/**
 * Plain, dense, not too deep: the three are decided here, for all formats of values and for the packing of closures.
 *
 * The formats take plain objects and dense arrays apart by their keys, and call themselves for each level of nesting. They
 * leave every other value to cloning, to a table, or refuse it.
 */
import { isArrayBuffer, isDataView } from 'node:util/types';
import {
  getPrototypeOf,
  isDetached,
  isResizable,
  lengthOf,
  objectKeys,
  ownKeys,
  TrueArray,
  TrueArrayBuffer,
  TrueObject,
} from '../util/primordials.ts';

/** The prototype of a plain object. */
export const objectPrototype: object = TrueObject.prototype;
/** The prototype of a plain array. An object that has it without being an array is not plain. */
export const arrayPrototype: object = TrueArray.prototype;
/** The prototype of a plain buffer; see {@link isOrdinaryBuffer}. */
export const bufferPrototype: object = TrueArrayBuffer.prototype;

// Limits of nesting. An object that has no object in it has one level.

/**
 * The most levels of a value in the format of `tags.ts`, or of one that travels as JSON. The writers and readers of both
 * are recursive. Everyday values have fewer levels; a deeper value is cloned, or becomes a table.
 */
export const MOST_LEVELS_WRITTEN = 64;
/**
 * The most levels of a value that is cloned as it is. Cloning is recursive and ends with the stack, of which a receiver
 * may have less than the sender; this is far from where any stack ends. A deeper value is made a table before it is
 * cloned, which costs time, so the limit is higher than {@link MOST_LEVELS_WRITTEN}.
 */
export const MOST_LEVELS_CLONED = 200;
/**
 * The most levels of a record in Redis. Our own records have fewer: a value has at most {@link MOST_LEVELS_WRITTEN}, and
 * the record around it adds a few. A deeper record is refused, because `JSON.stringify` might need more stack for it than
 * there is.
 */
export const MOST_LEVELS_OF_RECORD = 100;

/** An array with more items is not asked for its keys, which are as many strings: that takes longer than cloning it. */
export const LONG_ARRAY = 1024;

/** True if an array has neither holes nor properties besides its items, as far as cloning keeps any. */
export function isDense(array: readonly unknown[]): boolean {
  // Keys of items come before others, in ascending order: if the last is the last index, there is nothing but items.
  const keys = objectKeys(array);
  const { length } = array;
  return keys.length === length && (length === 0 || keys[length - 1] === `${length - 1}`);
}

/** {@link isDense}, and there are no hidden properties and no symbols either, which cloning drops. */
export function hasItemsOnly(array: readonly unknown[]): boolean {
  // `length` is the one hidden property that each array has.
  return ownKeys(array).length === array.length + 1 && isDense(array);
}

/** How many elements a view has, as its own keys would tell: none for a DataView. */
export function elementsOf(value: ArrayBufferView): number {
  return isDataView(value) ? 0 : lengthOf(value);
}

export function isOrdinaryBuffer(buffer: unknown): buffer is ArrayBuffer {
  return (
    isArrayBuffer(buffer) &&
    getPrototypeOf(buffer) === bufferPrototype &&
    !isResizable(buffer) &&
    !isDetached(buffer)
  );
}
