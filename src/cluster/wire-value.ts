/**
 * Values on their way through Redis, where a job's data is JSON.
 *
 * JSON carries most of what calls pass, costs next to nothing, and can be read in a dashboard. But it
 * loses `undefined`, `-0`, `NaN`, dates, maps, typed arrays, cycles and shared objects without a
 * word. So it is used for what it keeps exactly, and everything else travels as a table of `data-format.ts`. Neither can
 * say anything but data, whoever has written it.
 */
import { types } from 'node:util';
import { readData } from '../codec/data-reader.ts';
import { type FunctionNamer, writeData } from '../codec/data-writer.ts';
import { BrokenCluster } from '../errors.ts';
import type { WireValue } from './call-format.ts';

/** Deeper than this, and it is a table. */
const MOST_LEVELS = 64;
const noBytes = new Uint8Array();
/** Bytes that say how long the text of a blob is. */
const LENGTH = 4;

class Inexact extends Error {}

/** A value as it was at some moment, and not yet as it travels. */
export interface Written {
  /** JSON or a table; neither for undefined. */
  readonly form: Pick<WireValue, 'json' | 'table'>;
  /** The bytes of its buffers. */
  readonly bytes: readonly Uint8Array[];
}

/**
 * What `value` is at this moment, to be sent later.
 *
 * @param nameFunction - for functions in it. Without, there may be none.
 * @throws DataCloneError if it can't travel, or what a getter throws.
 */
export function writeValue(value: unknown, nameFunction?: FunctionNamer): Written {
  if (value === undefined) return { form: {}, bytes: [] };
  try {
    return { form: { json: copy(value, 0, undefined) }, bytes: [] };
  } catch (error) {
    if (!(error instanceof Inexact)) throw error;
    const { table, bytes } = writeData(value, nameFunction);
    return { form: { table }, bytes };
  }
}

/** How many bytes it takes, where they are kept as bytes. */
export function writtenSize({ form, bytes }: Written): number {
  const text = form.table ?? form.json;
  let size = text === undefined ? 0 : Buffer.byteLength(JSON.stringify(text));
  for (const each of bytes) size += each.length;
  return size;
}

/** For a record, which is text. */
export function inline({ form, bytes }: Written): WireValue {
  return bytes.length === 0 ? form : { ...form, bytes: Buffer.concat(bytes).toString('base64') };
}

/** For a key of its own: the length of the text, four bytes; the text; the bytes. */
export function toBlob({ form, bytes }: Written): Uint8Array<ArrayBuffer> {
  const text = Buffer.from(JSON.stringify(form));
  const length = bytes.reduce((sum, each) => sum + each.length, LENGTH + text.length);
  const blob = new Uint8Array(length);
  new DataView(blob.buffer).setUint32(0, text.length, true);
  blob.set(text, LENGTH);
  let at = LENGTH + text.length;
  for (const each of bytes) {
    blob.set(each, at);
    at += each.length;
  }
  return blob;
}

/** {@link writeValue}, for a record. */
export function toWire(value: unknown): WireValue {
  return inline(writeValue(value));
}

/**
 * @param functions - those that it may refer to. @param blob - what was fetched, if it is in a key of its own.
 * @throws BrokenCluster (`ERR_FORMAT`) if it was not written by {@link writeValue}.
 */
export function fromWire(
  wire: WireValue,
  functions?: readonly unknown[],
  blob?: Uint8Array,
): unknown {
  const { json, table, bytes, parcel } = wire;
  if (parcel !== undefined) return fromBlob(blob, functions);
  if (table === undefined) return json;
  if (bytes === undefined) return readData(table, noBytes, functions);
  if (typeof bytes !== 'string') throw malformed('the bytes of a value are no text');
  return readData(table, Buffer.from(bytes, 'base64'), functions);
}

function fromBlob(blob: Uint8Array | undefined, functions?: readonly unknown[]): unknown {
  if (blob === undefined) throw malformed('a value is in a key of its own that may not be');
  const { buffer, byteOffset, length } = blob;
  const end =
    length < LENGTH ? Infinity : LENGTH + new DataView(buffer, byteOffset).getUint32(0, true);
  if (end > length) throw malformed('a value is shorter than it says');
  const { json, table } = formOf(Buffer.from(buffer, byteOffset + LENGTH, end - LENGTH).toString());
  if (table === undefined) return json;
  return readData(table, blob.subarray(end), functions);
}

function formOf(text: string): Written['form'] {
  let form: unknown;
  try {
    form = JSON.parse(text);
  } catch {
    throw malformed('the text of a value is no JSON');
  }
  if (typeof form !== 'object' || form === null) throw malformed('the text of a value is no form');
  const { json, table } = form as Written['form'];
  if (table !== undefined && !Array.isArray(table)) throw malformed('a table is no list');
  return table === undefined ? { json } : { table };
}

/**
 * Whether a value that was read is a list of items and of nothing else. One with holes may say any length, and whoever goes
 * through it, or passes its items, would take as long.
 */
export function isDenseList(value: unknown): value is unknown[] {
  if (!Array.isArray(value)) return false;
  // Those of items come first, in ascending order.
  const keys = Object.keys(value);
  const { length } = value;
  return keys.length === length && (length === 0 || keys[length - 1] === String(length - 1));
}

function malformed(what: string): BrokenCluster {
  return new BrokenCluster(`A value in Redis is not as this library writes it: ${what}.`, {
    code: 'ERR_FORMAT',
  });
}

/** Looks and copies in one go: what a getter says is asked for once. */
function copy(value: unknown, level: number, seen: Set<object> | undefined): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value) || Object.is(value, -0)) throw new Inexact();
      return value;
    case 'object':
      if (value === null) return null;
      return copyObject(value, level, seen ?? new Set());
    default:
      throw new Inexact();
  }
}

function copyObject(value: object, level: number, seen: Set<object>): unknown {
  if (level > MOST_LEVELS || seen.has(value) || types.isProxy(value)) throw new Inexact();
  // Before its keys are asked for: an array of bytes has as many as bytes.
  const prototype: unknown = Object.getPrototypeOf(value);
  const isList = Array.isArray(value);
  if (prototype !== (isList ? Array.prototype : Object.prototype)) throw new Inexact();
  seen.add(value);
  const keys = Object.keys(value);
  if (isList) {
    // Neither holes nor properties besides its items.
    if (keys.length !== value.length) throw new Inexact();
    return keys.map((key, index) => {
      if (key !== String(index)) throw new Inexact();
      return copy(value[index], level + 1, seen);
    });
  }
  const plain: Record<string, unknown> = {};
  for (const key of keys) {
    if (key === '__proto__') throw new Inexact();
    plain[key] = copy(Reflect.get(value, key), level + 1, seen);
  }
  return plain;
}
