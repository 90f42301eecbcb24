/**
 * Structured cloning into bytes, for values that leave the process and are not supported by the format of `tags.ts`.
 *
 * It uses V8's own serializer and not Node's `v8.serialize`. The latter cuts views out of their buffers, so two
 * views of one buffer would arrive with a buffer each, which `structuredClone` keeps together. Bun has no such
 * serializer; there `v8.serialize` is the engine's structured clone and does keep them together.
 */
import { isSharedArrayBuffer } from 'node:util/types';
import { deserialize, Deserializer, serialize, Serializer } from 'node:v8';
import {
  bufferOf,
  byteLengthOf,
  byteOffsetOf,
  isBun,
  setBytes,
  subarray,
  TrueDOMException,
  TrueUint8Array,
  uncurryThis,
} from '../util/primordials.ts';
import { className } from '../util/validate.ts';
import { type FlatValue, flatten, unflatten } from './flat-value.ts';
import { cannotBeAwaited } from './message.ts';
import { type Survey, survey } from './survey.ts';

class CloneWriter extends Serializer {
  // Explicit, because a default constructor passes its arguments on through an iterator.
  // oxlint-disable-next-line no-useless-constructor
  constructor() {
    super();
  }

  _getDataCloneError(message: string): Error {
    return new TrueDOMException(message, 'DataCloneError');
  }

  _writeHostObject(object: object): never {
    throw cannotLeave(object);
  }

  _getSharedArrayBufferId(): never {
    throw cannotBeShared();
  }
}

/** Zeros before a value that was written as a table. A clone never begins with zero, but with its version. */
const FLAT_MARK = 8;

// Not among the primordials, because node:v8 takes a new worker a millisecond to load, and threads don't need it.
// oxlint-disable typescript/unbound-method -- they are taken to be given their `this` later
const serialWriteHeader = uncurryThis(Serializer.prototype.writeHeader); // primordials: at load
const serialWriteValue = uncurryThis(Serializer.prototype.writeValue); // primordials: at load
const serialRelease = uncurryThis(Serializer.prototype.releaseBuffer); // primordials: at load
const serialReadHeader = uncurryThis(Deserializer.prototype.readHeader); // primordials: at load
// primordials: at load
const serialReadValue = uncurryThis(Deserializer.prototype.readValue) as (
  reader: Deserializer,
) => unknown;
// oxlint-enable typescript/unbound-method

function cannotBeShared(): DOMException {
  return new TrueDOMException(
    'A SharedArrayBuffer can only be shared with threads of the same process: use a ThreadPoolExecutor, or send a copy of its bytes.',
    'DataCloneError',
  );
}

/** The error for an object that only threads of one process can pass to each other. */
export function cannotLeave(object: object): DOMException {
  if (isSharedArrayBuffer(object)) return cannotBeShared();
  return new TrueDOMException(
    `A ${className(object)} can't leave its process: use a ThreadPoolExecutor, or send plain data instead.`,
    'DataCloneError',
  );
}

/** @throws DataCloneError, or the error of a getter. */
export function cloneToBytes(value: unknown): Uint8Array<ArrayBuffer> {
  const surveyed = survey(value);
  if (surveyed.native !== undefined) throw cannotLeave(surveyed.native);
  return encode(value, surveyed);
}

/** {@link cloneToBytes}; undefined if an object in the value can't leave this process. */
export function cloneUnlessBound(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  const surveyed = survey(value);
  return surveyed.native === undefined ? encode(value, surveyed) : undefined;
}

function encode(value: unknown, { isDeep, thenable }: Survey): Uint8Array<ArrayBuffer> {
  if (thenable !== undefined) throw cannotBeAwaited(thenable);
  if (!isDeep) return write(value);
  const table = write(flatten(value));
  const bytes = new TrueUint8Array(FLAT_MARK + byteLengthOf(table));
  setBytes(bytes, table, FLAT_MARK);
  return bytes;
}

/** @throws Error if the bytes were not written by {@link cloneToBytes}, or are incomplete. */
export function cloneFromBytes(bytes: Uint8Array): unknown {
  if (bytes[0] !== 0) return read(bytes);
  return unflatten(read(subarray(bytes, FLAT_MARK)) as FlatValue);
}

function write(value: unknown): Uint8Array<ArrayBuffer> {
  if (isBun) return new TrueUint8Array(serialize(value));
  const writer = new CloneWriter();
  serialWriteHeader(writer);
  serialWriteValue(writer, value);
  const bytes = serialRelease(writer);
  const length = byteLengthOf(bytes);
  return new TrueUint8Array(bufferOf(bytes) as ArrayBuffer, byteOffsetOf(bytes), length);
}

function read(bytes: Uint8Array): unknown {
  if (isBun) return deserialize(bytes);
  const reader = new Deserializer(bytes);
  serialReadHeader(reader);
  return serialReadValue(reader);
}
