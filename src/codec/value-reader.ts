/** Reads values in the format of `tags.ts`; the mirror of `value-writer.ts`. */
import {
  allocUnsafeSlow,
  bufferFrom,
  bufferOf,
  byteLengthOf,
  byteOffsetOf,
  charCodeAt,
  defineValue,
  latin1Slice,
  mapSet,
  SafeDataView,
  setAdd,
  setBytes,
  stringSlice,
  TrueArray,
  TrueBigInt,
  TrueDate,
  TrueError,
  TrueMap,
  TrueObject,
  TrueSet,
  TrueUint8Array,
  ucs2Slice,
  utf8Slice,
} from '../util/primordials.ts';
import type { ShapeReader, ValueSource } from './shapes.ts';
import { aligned, Tag, viewClasses } from './tags.ts';

/** Strings that occur repeatedly (kinds, states, names) are reused instead of rebuilt. */
const CACHED_STRINGS = 512;
const SHORT_STRING = 40;
const KEPT_OBJECTS = 64;

const nothing: readonly ArrayBuffer[] = [];
const objectPrototype = TrueObject.prototype;

export class ValueReader implements ValueSource {
  /** The position of the next byte. */
  at = 0;
  #bytes: Uint8Array;
  #view: SafeDataView;
  #memory: ArrayBufferLike;
  /** The position of `#bytes` in `#memory`. */
  #offset = 0;
  /** The position where the value begins: the alignment of buffers counts from here. */
  #origin = 0;
  #attached: readonly ArrayBuffer[] = nothing;
  /** The shapes of the value's writer. */
  #shapes: ShapeReader | undefined = undefined;
  /** Objects read so far, by number; part of the array is kept, as in the writer. */
  readonly #objects: (object | undefined)[] = [];
  #objectCount = 0;
  readonly #strings: (string | undefined)[] = new TrueArray<string | undefined>(CACHED_STRINGS);

  constructor(memory: ArrayBufferLike) {
    this.#memory = memory;
    this.#bytes = bufferFrom(memory);
    this.#view = new SafeDataView(memory);
  }

  /**
   * Switches to other bytes: a value that was written at a multiple of 8 and now begins at `origin`, with the
   * buffers that were attached to it.
   */
  over(bytes: Uint8Array, origin: number, attached: readonly ArrayBuffer[]): void {
    this.#origin = origin;
    this.#attached = attached;
    const memory = bufferOf(bytes);
    const offset = byteOffsetOf(bytes);
    if (memory === this.#memory && offset === this.#offset) return;
    const length = byteLengthOf(bytes);
    this.#memory = memory;
    this.#offset = offset;
    this.#bytes = bufferFrom(memory, offset, length);
    this.#view = new SafeDataView(memory, offset, length);
  }

  /** Reads the value that was written at `start`. `shapes` are those of its writer. */
  read(start: number, shapes: ShapeReader): unknown {
    this.at = start;
    this.#shapes = shapes;
    try {
      return this.value();
    } finally {
      this.#forget();
    }
  }

  /** Reads the values that `writeAll` has written. */
  readAll(start: number, shapes: ShapeReader): unknown[] {
    this.at = start + 1;
    this.#shapes = shapes;
    const length = this.#bytes[start] ?? 0;
    const values = new TrueArray<unknown>(length);
    try {
      for (let i = 0; i < length; i++) values[i] = this.value();
    } finally {
      this.#forget();
    }
    return values;
  }

  /** Reads the next value. Public for shapes, whose code reads the values of objects. */
  value(): unknown {
    const tag = this.#bytes[this.at++];
    switch (tag) {
      case Tag.Undefined:
        return undefined;
      case Tag.Null:
        return null;
      case Tag.True:
        return true;
      case Tag.False:
        return false;
      case Tag.Int8:
        return this.#view.getInt8(this.at++);
      case Tag.Int32: {
        const value = this.#view.getInt32(this.at, true);
        this.at += 4;
        return value;
      }
      case Tag.Float64:
        return this.#float64();
      case Tag.Latin1:
        return this.#latin1();
      case Tag.Utf8:
        return this.#utf8();
      case Tag.Utf16:
        return this.#utf16();
      case Tag.BigInt:
        return this.#bigint();
      case Tag.Date:
        return this.known(new TrueDate(this.#float64()));
      case Tag.Array:
        return this.#array();
      case Tag.Shape:
        return this.#shaped();
      case Tag.Object:
        return this.#dictionary();
      case Tag.Map:
        return this.#map();
      case Tag.Set:
        return this.#set();
      case Tag.Buffer:
        return this.#buffer();
      case Tag.View:
        return this.#bufferView();
      case Tag.Back:
        return this.#objects[this.#uint32()];
      case Tag.Attached:
        return this.#attachment();
      default:
        throw new TrueError(
          `A value could not be rebuilt: unknown tag ${tag} at byte ${this.at - 1}.`,
        );
    }
  }

  /** Drops all references to objects that were read. */
  #forget(): void {
    const objects = this.#objects;
    for (let i = 0; i < this.#objectCount; i++) objects[i] = undefined;
    if (objects.length > KEPT_OBJECTS) objects.length = KEPT_OBJECTS;
    this.#objectCount = 0;
  }

  /** Gives an object its number. Public for shapes. */
  known<O extends object>(object: O): O {
    this.#objects[this.#objectCount++] = object;
    return object;
  }

  #uint32(): number {
    const value = this.#view.getUint32(this.at, true);
    this.at += 4;
    return value;
  }

  #float64(): number {
    const value = this.#view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  #latin1(): string {
    const bytes = this.#bytes;
    const length = bytes[this.at++] ?? 0;
    const start = this.at;
    this.at += length;
    if (length === 0) return '';
    if (length > SHORT_STRING) return latin1Slice(bytes, start, start + length);
    const middle = bytes[start + (length >> 1)] ?? 0;
    const last = bytes[start + length - 1] ?? 0;
    const index =
      (((bytes[start] ?? 0) * 31 + middle) * 31 + last * 7 + length) & (CACHED_STRINGS - 1);
    const cached = this.#strings[index];
    if (cached !== undefined && cached.length === length) {
      let i = 0;
      while (i < length && charCodeAt(cached, i) === bytes[start + i]) i++;
      if (i === length) return cached;
    }
    const text = latin1Slice(bytes, start, start + length);
    this.#strings[index] = text;
    return text;
  }

  #utf8(): string {
    const length = this.#uint32();
    const start = this.at;
    this.at += length;
    return utf8Slice(this.#bytes, start, this.at);
  }

  #utf16(): string {
    const length = this.#uint32();
    const start = this.at;
    this.at += length;
    return ucs2Slice(this.#bytes, start, this.at);
  }

  #bigint(): bigint {
    const digits = this.value() as string;
    return digits[0] === '-'
      ? -TrueBigInt(`0x${stringSlice(digits, 1)}`)
      : TrueBigInt(`0x${digits}`);
  }

  #array(): unknown[] {
    const length = this.#uint32();
    // The array has its final size from the start: a growing array gets room for 17.
    const array = this.known(new TrueArray<unknown>(length));
    for (let i = 0; i < length; i++) array[i] = this.value();
    return array;
  }

  #shaped(): object {
    const shape = this.#shapes?.get(this.#view.getUint16(this.at, true));
    if (shape === undefined) throw new TrueError('A shape was used by a writer that has none.');
    this.at += 2;
    return shape.read(this);
  }

  #dictionary(): object {
    const count = this.#uint32();
    const object: Record<string, unknown> = this.known({});
    for (let i = 0; i < count; i++) {
      const key = this.value() as string;
      const value = this.value();
      // An assignment would run a setter that was added to Object.prototype.
      if (key in objectPrototype) defineValue(object, key, value, true);
      else object[key] = value;
    }
    return object;
  }

  #map(): Map<unknown, unknown> {
    const count = this.#uint32();
    const map = this.known(new TrueMap<unknown, unknown>());
    for (let i = 0; i < count; i++) {
      const key = this.value();
      mapSet(map, key, this.value());
    }
    return map;
  }

  #set(): Set<unknown> {
    const count = this.#uint32();
    const set = this.known(new TrueSet<unknown>());
    for (let i = 0; i < count; i++) setAdd(set, this.value());
    return set;
  }

  #buffer(): ArrayBuffer {
    const length = this.#uint32();
    this.at = this.#origin + aligned(this.at - this.#origin);
    // Not zeroed first: for large buffers that, and fresh pages, would cost more than the copy.
    const copy = allocUnsafeSlow(length);
    setBytes(copy, new TrueUint8Array(this.#memory, this.#offset + this.at, length));
    this.at += length;
    return this.known(bufferOf(copy) as ArrayBuffer);
  }

  #attachment(): ArrayBuffer {
    const buffer = this.#attached[this.#uint32()];
    if (buffer === undefined) throw new TrueError('A buffer that belongs to it is missing.');
    return this.known(buffer);
  }

  /** The view gets its number before its buffer, as in the writer, but can only be created after it. */
  #bufferView(): ArrayBufferView {
    const kind = this.#bytes[this.at] ?? 0;
    const byteOffset = this.#view.getUint32(this.at + 1, true);
    const length = this.#view.getUint32(this.at + 5, true);
    this.at += 9;
    const index = this.#objectCount++;
    const buffer = this.value() as ArrayBuffer;
    const viewClass = viewClasses[kind];
    if (viewClass === undefined)
      throw new TrueError(`A view could not be rebuilt: unknown kind ${kind}.`);
    const view = new viewClass(buffer, byteOffset, length);
    this.#objects[index] = view;
    return view;
  }
}
