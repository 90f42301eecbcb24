/**
 * Writes everyday values in the format of `tags.ts` into memory.
 *
 * It is on the hot path of every call: it writes in place, allocates nothing for small values, and reports problems
 * through `status` instead of exceptions, which would cost more than the write.
 */
import { isDataView, isDate, isMap, isProxy, isSet } from 'node:util/types';
import {
  bigIntToString,
  bufferByteLength,
  bufferFrom,
  bufferOf,
  byteLengthOf,
  byteOffsetOf,
  charCodeAt,
  getPrototypeOf,
  getTime,
  hasOwn,
  isArray,
  isView,
  isWellFormed,
  mapForEach,
  max,
  objectKeys,
  SafeDataView,
  SafeMap,
  setBytes,
  setForEach,
  sizeOf,
  TrueBuffer,
  TrueDate,
  TrueMap,
  TrueSet,
  TrueUint8Array,
  ucs2Write,
  utf8Write,
} from '../util/primordials.ts';
import {
  arrayPrototype,
  bufferPrototype,
  elementsOf,
  isDense,
  isOrdinaryBuffer,
  LONG_ARRAY,
  MOST_LEVELS_WRITTEN,
  objectPrototype,
} from './plainness.ts';
import type { ShapeNode, ShapeWriter } from './shapes.ts';
import { aligned, Tag, viewClasses } from './tags.ts';

/** The value was written; or there was no room; or the format does not support the value, which must be cloned. */
export const WRITTEN = 0;
export const NO_ROOM = 1;
export const UNSUPPORTED = 2;
export type WriteStatus = typeof WRITTEN | typeof NO_ROOM | typeof UNSUPPORTED;

/** Up to this length the loop over characters is faster than the call into the runtime. */
const SHORT_STRING = 40;
/**
 * A view of a part of a buffer takes the whole buffer along, as in cloning; larger buffers travel by cloning. Node's
 * own small buffers are parts of a pool, of 64 KiB and a little more in the newest versions.
 */
const MAX_SHARED_BUFFER = 128 * 1024;
/** From this size on a buffer is attached, if the caller allows that. */
const LARGE_BUFFER = 16 * 1024;
/** Up to this many objects a linear search for one that was seen beats a map. */
const FEW_OBJECTS = 12;
const KEPT_OBJECTS = 64;

const datePrototype = TrueDate.prototype;
const mapPrototype = TrueMap.prototype;
const setPrototype = TrueSet.prototype;
const viewKinds = new SafeMap<object, number>();
for (let kind = 0; kind < viewClasses.length; kind++)
  viewKinds.set((viewClasses[kind] as { prototype: object }).prototype, kind);
// As in cloning, where a Node buffer becomes a Uint8Array.
viewKinds.set(TrueBuffer.prototype, 0);

/** True if `for … in` also visits properties that were added to `Object.prototype`. */
function isPolluted(): boolean {
  for (const _ in objectPrototype) return true;
  return false;
}

export class ValueWriter {
  status: WriteStatus = WRITTEN;
  /** The position of the next byte. */
  at = 0;
  #limit = 0;
  #depth = 0;
  /** True during a write. A getter may call the writer again; that value is refused and travels another way. */
  #writing = false;
  #bytes: Uint8Array;
  #view: SafeDataView;
  readonly #shapes: ShapeWriter;
  /** Objects written so far, by number. Part of the array is kept, because shrinking and growing it is expensive. */
  readonly #seen: (object | undefined)[] = [];
  #seenCount = 0;
  #seenIndex: SafeMap<object, number> | undefined = undefined;

  /**
   * A list for large buffers, which are then not written, if the caller sends them separately. They are the value's
   * own buffers, not copies.
   */
  attached: ArrayBuffer[] | undefined = undefined;

  constructor(memory: ArrayBufferLike, shapes: ShapeWriter) {
    this.#bytes = bufferFrom(memory);
    this.#view = new SafeDataView(memory);
    this.#shapes = shapes;
  }

  /** Switches to other memory. */
  over(memory: ArrayBufferLike): void {
    this.#bytes = bufferFrom(memory);
    this.#view = new SafeDataView(memory);
  }

  /** Writes `value` from `start` on, never beyond `limit`. On success `at` is the position after it. */
  write(value: unknown, start: number, limit: number): WriteStatus {
    if (this.#writing) return UNSUPPORTED;
    this.#begin(start, limit);
    try {
      this.#value(value);
    } finally {
      this.#end();
    }
    return this.status;
  }

  /** Writes a list of values without numbering the list itself: an argument list, to which no value refers. */
  writeAll(values: readonly unknown[], start: number, limit: number): WriteStatus {
    if (this.#writing) return UNSUPPORTED;
    this.#begin(start, limit);
    const { length } = values;
    if (length > 255) this.status = UNSUPPORTED;
    this.#tag(length);
    try {
      for (let i = 0; i < length && this.status === WRITTEN; i++) this.#value(values[i]);
    } finally {
      this.#end();
    }
    return this.status;
  }

  #begin(start: number, limit: number): void {
    this.#writing = true;
    this.at = start;
    this.#limit = limit;
    this.status = WRITTEN;
    this.#depth = 0;
  }

  /** Also runs after a getter has thrown: no reference to the caller's objects remains. */
  #end(): void {
    this.#forget(0);
    this.#writing = false;
  }

  #room(bytes: number): boolean {
    if (this.at + bytes <= this.#limit) return true;
    if (this.status === WRITTEN) this.status = NO_ROOM;
    return false;
  }

  #tag(tag: number): void {
    if (this.#room(1)) this.#bytes[this.at++] = tag;
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case 'number':
        this.#number(value);
        return;
      case 'string':
        this.#string(value);
        return;
      case 'object':
        if (value === null) this.#tag(Tag.Null);
        else this.#object(value);
        return;
      case 'undefined':
        this.#tag(Tag.Undefined);
        return;
      case 'boolean':
        this.#tag(value ? Tag.True : Tag.False);
        return;
      case 'bigint':
        this.#tag(Tag.BigInt);
        this.#string(bigIntToString(value, 16));
        return;
      default:
        this.status = UNSUPPORTED;
    }
  }

  #number(value: number): void {
    if (!this.#room(9)) return;
    if ((value | 0) === value && !(value === 0 && 1 / value < 0)) {
      if (value >= -128 && value < 128) {
        this.#bytes[this.at] = Tag.Int8;
        this.#bytes[this.at + 1] = value;
        this.at += 2;
      } else {
        this.#bytes[this.at] = Tag.Int32;
        this.#view.setInt32(this.at + 1, value, true);
        this.at += 5;
      }
    } else {
      this.#bytes[this.at] = Tag.Float64;
      this.#view.setFloat64(this.at + 1, value, true);
      this.at += 9;
    }
  }

  #string(value: string): void {
    const { length } = value;
    if (length <= SHORT_STRING) {
      if (!this.#room(2 + length)) return;
      const bytes = this.#bytes;
      const start = this.at + 2;
      let i = 0;
      for (; i < length; i++) {
        const code = charCodeAt(value, i);
        if (code > 0x7f) break;
        bytes[start + i] = code;
      }
      if (i === length) {
        bytes[this.at] = Tag.Latin1;
        bytes[this.at + 1] = length;
        this.at = start + length;
        return;
      }
    }
    // UTF-8 can't represent a lone surrogate, which cloning keeps.
    if (isWellFormed(value)) this.#encoded(value, Tag.Utf8);
    else this.#encoded(value, Tag.Utf16);
  }

  #encoded(value: string, tag: typeof Tag.Utf8 | typeof Tag.Utf16): void {
    const isUtf8 = tag === Tag.Utf8;
    let size = value.length * 3;
    if (this.at + 5 + size > this.#limit) {
      size = isUtf8 ? bufferByteLength(value, 'utf8') : value.length * 2;
      if (!this.#room(5 + size)) return;
    }
    const write = isUtf8 ? utf8Write : ucs2Write;
    const written = write(this.#bytes, value, this.at + 5, size);
    this.#bytes[this.at] = tag;
    this.#view.setUint32(this.at + 1, written, true);
    this.at += 5 + written;
  }

  #object(value: object): void {
    if (this.#back(value)) return;
    if (++this.#depth > MOST_LEVELS_WRITTEN) {
      this.status = UNSUPPORTED;
      return;
    }
    // Checked first, because reading the prototype of a proxy would run code of the caller.
    if (isProxy(value)) this.status = UNSUPPORTED;
    else {
      const prototype: unknown = getPrototypeOf(value);
      if (prototype === objectPrototype) this.#record(value as Record<string, unknown>);
      else if (prototype === arrayPrototype && isArray(value)) this.#array(value);
      else this.#other(value, prototype as object | null);
    }
    this.#depth--;
  }

  /**
   * Writes a reference if the object was written before; else gives it the next number. @returns true in the first
   * case.
   */
  #back(value: object): boolean {
    const seen = this.#seen;
    let index = -1;
    const count = this.#seenCount;
    if (count <= FEW_OBJECTS) {
      for (let i = 0; i < count; i++) {
        if (seen[i] === value) {
          index = i;
          break;
        }
      }
    } else {
      index = this.#indexSeen().get(value) ?? -1;
    }
    if (index < 0) {
      this.#seenIndex?.set(value, count);
      seen[count] = value;
      this.#seenCount = count + 1;
      return false;
    }
    if (this.#room(5)) {
      this.#bytes[this.at] = Tag.Back;
      this.#view.setUint32(this.at + 1, index, true);
      this.at += 5;
    }
    return true;
  }

  #indexSeen(): SafeMap<object, number> {
    if (this.#seenIndex !== undefined) return this.#seenIndex;
    const index = new SafeMap<object, number>();
    for (let i = 0; i < this.#seenCount; i++) index.set(this.#seen[i] as object, i);
    this.#seenIndex = index;
    return index;
  }

  #record(value: Record<string, unknown>): void {
    const start = this.at;
    const numbered = this.#seenCount;
    if (!this.#room(3)) return;
    this.at += 3;
    const polluted = isPolluted();
    let node: ShapeNode | undefined = this.#shapes.root;
    for (const key in value) {
      if (polluted && !hasOwn(value, key)) continue;
      node = node.lastKey === key ? node.lastNext : this.#shapes.step(node, key);
      if (node === undefined) break;
      this.#value(value[key]);
      if (this.status !== WRITTEN) return;
    }
    if (node !== undefined && (node.shape >= 0 || this.#shapes.define(node, value))) {
      this.#bytes[start] = Tag.Shape;
      this.#view.setUint16(start + 1, node.shape, true);
      return;
    }
    this.at = start;
    this.#forget(numbered);
    this.#dictionary(value);
  }

  /** Drops the numbers from `numbered` on: of objects that are about to be written again, or of all at the end. */
  #forget(numbered: number): void {
    const seen = this.#seen;
    for (let i = numbered; i < this.#seenCount; i++) seen[i] = undefined;
    if (seen.length > KEPT_OBJECTS) seen.length = max(numbered, KEPT_OBJECTS);
    if (this.#seenCount > FEW_OBJECTS) this.#seenIndex = undefined;
    this.#seenCount = numbered;
  }

  #dictionary(value: Record<string, unknown>): void {
    const keys = objectKeys(value);
    this.#counted(Tag.Object, keys.length);
    for (let i = 0; i < keys.length && this.status === WRITTEN; i++) {
      const key = keys[i] as string;
      if (key === '__proto__') this.status = UNSUPPORTED;
      this.#string(key);
      this.#value(value[key]);
    }
  }

  #counted(tag: number, count: number): void {
    if (!this.#room(5)) return;
    this.#bytes[this.at] = tag;
    this.#view.setUint32(this.at + 1, count, true);
    this.at += 5;
  }

  #array(value: readonly unknown[]): void {
    const { length } = value;
    // The runtime clones a long one, and can tell cheaply that it has no other properties.
    if (length > LONG_ARRAY || !isDense(value)) {
      this.status = UNSUPPORTED;
      return;
    }
    this.#counted(Tag.Array, length);
    for (let i = 0; i < length && this.status === WRITTEN; i++) this.#value(value[i]);
  }

  #other(value: object, prototype: object | null): void {
    if (prototype === null) this.#dictionary(value as Record<string, unknown>);
    else if (prototype === datePrototype) this.#date(value as Date);
    else if (prototype === bufferPrototype) this.#buffer(value as ArrayBuffer);
    else if (prototype === mapPrototype) this.#map(value as Map<unknown, unknown>);
    else if (prototype === setPrototype) this.#set(value as Set<unknown>);
    else {
      const kind = viewKinds.get(prototype);
      if (kind === undefined || !isView(value)) this.status = UNSUPPORTED;
      else this.#bufferView(value, kind);
    }
  }

  #date(value: Date): void {
    if (!isDate(value) || !this.#room(9)) return void this.#refuseUnlessFull();
    this.#bytes[this.at] = Tag.Date;
    this.#view.setFloat64(this.at + 1, getTime(value), true);
    this.at += 9;
  }

  #map(value: Map<unknown, unknown>): void {
    if (!isMap(value)) return void this.#refuseUnlessFull();
    // Reads all entries first: getters of the entries may change the map.
    const entries: unknown[] = [];
    mapForEach(value, (item, key) => {
      entries[entries.length] = key;
      entries[entries.length] = item;
    });
    this.#counted(Tag.Map, entries.length / 2);
    this.#all(entries);
  }

  #set(value: Set<unknown>): void {
    if (!isSet(value)) return void this.#refuseUnlessFull();
    const items: unknown[] = [];
    setForEach(value, (item) => {
      items[items.length] = item;
    });
    this.#counted(Tag.Set, items.length);
    this.#all(items);
  }

  #all(values: readonly unknown[]): void {
    for (let i = 0; i < values.length && this.status === WRITTEN; i++) this.#value(values[i]);
  }

  #refuseUnlessFull(): void {
    if (this.status === WRITTEN) this.status = UNSUPPORTED;
  }

  #bufferView(value: ArrayBufferView, kind: number): void {
    const buffer = bufferOf(value);
    if (!isOrdinaryBuffer(buffer)) {
      this.status = UNSUPPORTED;
      return;
    }
    const byteOffset = byteOffsetOf(value);
    const byteLength = byteLengthOf(value);
    const size = sizeOf(buffer);
    const whole = byteOffset === 0 && byteLength === size;
    if (!whole && size > MAX_SHARED_BUFFER) {
      this.status = UNSUPPORTED;
      return;
    }
    if (!this.#room(10)) return;
    this.#bytes[this.at] = Tag.View;
    this.#bytes[this.at + 1] = kind;
    this.#view.setUint32(this.at + 2, byteOffset, true);
    this.#view.setUint32(this.at + 6, isDataView(value) ? byteLength : elementsOf(value), true);
    this.at += 10;
    if (!this.#back(buffer)) this.#buffer(buffer);
  }

  #buffer(value: ArrayBuffer): void {
    if (!isOrdinaryBuffer(value)) {
      this.status = UNSUPPORTED;
      return;
    }
    const byteLength = sizeOf(value);
    if (this.attached !== undefined && byteLength >= LARGE_BUFFER) {
      this.#counted(Tag.Attached, indexIn(this.attached, value));
      return;
    }
    if (!this.#room(aligned(this.at + 5) - this.at + byteLength)) return;
    this.#counted(Tag.Buffer, byteLength);
    this.at = aligned(this.at);
    setBytes(this.#bytes, new TrueUint8Array(value), this.at);
    this.at += byteLength;
  }
}

/** The buffer is listed already if its object is being written for the second time. */
function indexIn(attached: ArrayBuffer[], buffer: ArrayBuffer): number {
  let index = 0;
  while (index < attached.length && attached[index] !== buffer) index++;
  attached[index] = buffer;
  return index;
}
