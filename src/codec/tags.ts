/**
 * The byte format for everyday values: one tag byte, then content that depends on the tag.
 *
 * The format serves calls, not storage: both ends are the same version of this library, and a value is read once,
 * right after it was written. If a value contains something without a tag (class instances, errors, regular
 * expressions, ports, a view of a part of a large buffer, …), the writer refuses the whole value, and it travels by
 * the platform's structured clone. That keeps the rule simple: a call keeps everything that `structuredClone` keeps.
 *
 *     tag        bytes behind it
 *     Undefined, Null, True, False: none
 *     Int8       1            Int32      4            Float64    8
 *     Latin1     u8 length, bytes                     (ASCII only, up to 255)
 *     Utf8       u32 length, bytes                    Utf16      u32 length in bytes, bytes
 *     BigInt     a string value: its hexadecimal digits, '-' in front
 *     Date       float64
 *     Array      u32 length, values
 *     Shape      u16 shape, values in the order of the shape's keys
 *     Object     u32 count, then key (a string value) and value alternate
 *     Map        u32 count, key and value alternate   Set        u32 count, values
 *     Buffer     u32 length, filler up to a multiple of 8 in memory, bytes
 *     View       u8 kind, u32 byteOffset, u32 length in elements, then its buffer as a value
 *     Back       u32 index of an object written before
 *     Attached   u32 index of a buffer that travels beside the bytes
 *
 * Objects are numbered in the order in which their tags are written; `Back` refers to that number.
 * It keeps shared references shared and makes cycles possible.
 */
import {
  TrueBigInt64Array,
  TrueBigUint64Array,
  TrueDataView,
  TrueFloat32Array,
  TrueFloat64Array,
  TrueInt16Array,
  TrueInt32Array,
  TrueInt8Array,
  TrueUint16Array,
  TrueUint32Array,
  TrueUint8Array,
  TrueUint8ClampedArray,
} from '../util/primordials.ts';

export const Tag = {
  Undefined: 0,
  Null: 1,
  True: 2,
  False: 3,
  Int8: 4,
  Int32: 5,
  Float64: 6,
  Latin1: 7,
  Utf8: 8,
  Utf16: 9,
  BigInt: 10,
  Date: 11,
  Array: 12,
  Shape: 13,
  Object: 14,
  Map: 15,
  Set: 16,
  Buffer: 17,
  View: 18,
  Back: 19,
  Attached: 20,
} as const;

/** The next position where bytes may begin: copying to and from shared memory is ten times as fast if it is aligned. */
export function aligned(at: number): number {
  return (at + 7) & ~7;
}

export interface ViewClass {
  readonly name: string;
  readonly prototype: ArrayBufferView;
  readonly BYTES_PER_ELEMENT?: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): ArrayBufferView;
}

/** The classes of views. The index of a class is its number in the format. */
export const viewClasses: readonly ViewClass[] = [
  TrueUint8Array,
  TrueInt8Array,
  TrueUint8ClampedArray,
  TrueUint16Array,
  TrueInt16Array,
  TrueUint32Array,
  TrueInt32Array,
  TrueFloat32Array,
  TrueFloat64Array,
  TrueBigUint64Array,
  TrueBigInt64Array,
  TrueDataView,
];
