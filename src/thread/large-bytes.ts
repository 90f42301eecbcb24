/**
 * Results that are one large piece of bytes.
 *
 * Through the ring they would be copied twice, the second time by the parent into memory that it has
 * to get fresh from the system, page by page: for 1 MiB that was five times the cost of the copy. So
 * the worker copies once, and the copy is moved. Arguments go the other way round, where it is the
 * worker that pays, and are best written into the ring.
 */
import { viewClasses } from '../codec/tags.ts';

const LARGE = 128 * 1024;

const viewPrototypes = new Set<unknown>([
  ...viewClasses.map((each) => each.prototype),
  Buffer.prototype,
]);

export interface MovableCopy {
  readonly value: unknown;
  readonly list: readonly ArrayBuffer[];
}

/** A copy of `value` as cloning would make it, whose buffer can be moved; undefined where that does not apply. */
export function movableCopy(value: unknown): MovableCopy | undefined {
  if (!ArrayBuffer.isView(value) || value.byteLength < LARGE) return undefined;
  const { buffer, byteOffset, byteLength } = value;
  const whole = byteOffset === 0 && byteLength === buffer.byteLength;
  if (!whole || !(buffer instanceof ArrayBuffer) || (buffer as { resizable?: boolean }).resizable)
    return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!viewPrototypes.has(prototype)) return undefined;
  // Not zeroed first: every byte is written right away.
  const copy = Buffer.allocUnsafeSlow(byteLength);
  copy.set(new Uint8Array(buffer));
  const viewClass = viewClasses.find((each) => each.prototype === prototype) ?? Uint8Array;
  const elements = byteLength / (viewClass.BYTES_PER_ELEMENT ?? 1);
  return { value: new viewClass(copy.buffer, 0, elements), list: [copy.buffer] };
}
