/** What the byte format takes for granted of buffers, views and arrays, and has to make sure of. */
import { isArrayBuffer } from 'node:util/types';

/** How many elements a view has, as its own keys would tell: none for a DataView. */
export function elementsOf(value: ArrayBufferView): number {
  return value instanceof DataView ? 0 : (value as Uint8Array).length;
}

export function isOrdinaryBuffer(buffer: unknown): buffer is ArrayBuffer {
  return (
    isArrayBuffer(buffer) &&
    Object.getPrototypeOf(buffer) === ArrayBuffer.prototype &&
    !(buffer as { resizable?: boolean }).resizable &&
    !(buffer as { detached?: boolean }).detached
  );
}

/** Neither holes nor properties of its own. Elements come first among the keys. */
export function isDense(value: readonly unknown[]): boolean {
  const keys = Object.keys(value);
  const { length } = value;
  return keys.length === length && (length === 0 || keys[length - 1] === String(length - 1));
}
