/** The assumptions of the byte format about buffers, views and arrays, as checks. */
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

/** The number of elements of a view, which are its own keys: none for a DataView. */
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

/** True without holes and without other properties. Elements come first among the keys. */
export function isDense(value: readonly unknown[]): boolean {
  const keys = objectKeys(value);
  const { length } = value;
  return keys.length === length && (length === 0 || keys[length - 1] === `${length - 1}`);
}
