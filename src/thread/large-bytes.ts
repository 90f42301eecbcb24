/**
 * Results that are one large piece of bytes.
 *
 * Through the ring the bytes would be copied twice, the second time by the parent, into memory that the system must
 * provide fresh, page by page: for 1 MiB that was five times the cost of the copy. So the worker copies once, and the
 * copy is moved. For arguments the worker would pay instead of the parent, so they are best written into the ring.
 */
import { isArrayBuffer } from 'node:util/types';
import { viewClasses } from '../codec/tags.ts';
import {
  allocUnsafeSlow,
  bufferOf,
  byteLengthOf,
  byteOffsetOf,
  getPrototypeOf,
  isResizable,
  isView,
  setBytes,
  sizeOf,
  TrueBuffer,
  TrueUint8Array,
} from '../util/primordials.ts';

const LARGE = 128 * 1024;

export interface MovableCopy {
  readonly value: unknown;
  readonly list: readonly ArrayBuffer[];
}

/** A copy of `value` like a clone, with a buffer that can be moved; undefined if that does not apply. */
export function movableCopy(value: unknown): MovableCopy | undefined {
  if (!isView(value)) return undefined;
  const byteLength = byteLengthOf(value);
  if (byteLength < LARGE) return undefined;
  const buffer = bufferOf(value);
  // Shared memory is not an ArrayBuffer, and is not copied.
  if (!isArrayBuffer(buffer) || isResizable(buffer)) return undefined;
  if (byteOffsetOf(value) !== 0 || byteLength !== sizeOf(buffer)) return undefined;
  const viewClass = classOf(getPrototypeOf(value));
  if (viewClass === undefined) return undefined;
  // Not zeroed first: every byte is written next.
  const copy = allocUnsafeSlow(byteLength);
  setBytes(copy, new TrueUint8Array(buffer));
  const elements = byteLength / (viewClass.BYTES_PER_ELEMENT ?? 1);
  return { value: new viewClass(copy.buffer, 0, elements), list: [copy.buffer] };
}

/** The class of a clone of a view with this prototype; undefined for a class of the task's own. */
function classOf(prototype: unknown): (typeof viewClasses)[number] | undefined {
  if (prototype === TrueBuffer.prototype) return TrueUint8Array;
  for (let i = 0; i < viewClasses.length; i++) {
    const viewClass = viewClasses[i];
    if (viewClass?.prototype === prototype) return viewClass;
  }
  return undefined;
}
