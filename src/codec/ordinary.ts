/** What the byte format takes for granted of buffers, views and arrays, and has to make sure of. */
import { isArrayBuffer, isDataView } from 'node:util/types';
import {
  getPrototypeOf,
  isDetached,
  isResizable,
  lengthOf,
  objectKeys,
  TrueArrayBuffer,
} from '../util/primordials.ts';

const bufferPrototype = TrueArrayBuffer.prototype;

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

/** Neither holes nor properties of its own. Elements come first among the keys. */
export function isDense(value: readonly unknown[]): boolean {
  const keys = objectKeys(value);
  const { length } = value;
  return keys.length === length && (length === 0 || keys[length - 1] === `${length - 1}`);
}
