/**
 * Values in Redis, where a job's data is JSON.
 *
 * JSON carries most arguments, costs next to nothing, and is readable in a dashboard. But it loses `undefined`,
 * `-0`, `NaN`, dates, maps, typed arrays, cycles and shared objects without an error. So it is used for values that
 * it keeps exactly; all others travel as a table of `data-format.ts`. Neither can express anything but data, no
 * matter who has written it.
 */
import { types } from 'node:util';
import { readData } from '../codec/data-reader.ts';
import { type FunctionNamer, writeData } from '../codec/data-writer.ts';
import {
  arrayPrototype,
  isDense,
  MOST_LEVELS_WRITTEN,
  objectPrototype,
} from '../codec/plainness.ts';
import { BrokenCluster } from '../errors.ts';
import type { WireValue } from './call-format.ts';

const noBytes = new Uint8Array();
/** Bytes for the length of a blob's text. */
const LENGTH = 4;

class Inexact extends Error {}

/** A value at some moment, in a form that can be sent later. */
export interface Written {
  /** JSON or a table; neither for undefined. */
  readonly form: Pick<WireValue, 'json' | 'table'>;
  /** The bytes of its buffers. */
  readonly bytes: readonly Uint8Array[];
}

/**
 * The current state of `value`, to be sent later.
 *
 * @param nameFunction - for functions in the value. Without it, the value may not contain any.
 * @throws DataCloneError if it can't be sent, or the error of a getter.
 */
export function writeValue(value: unknown, nameFunction?: FunctionNamer): Written {
  if (value === undefined) return { form: {}, bytes: [] };
  try {
    return { form: { json: copy(value, 1, undefined) }, bytes: [] };
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

/** The form for a record, which is text. */
export function inline({ form, bytes }: Written): WireValue {
  return bytes.length === 0 ? form : { ...form, bytes: Buffer.concat(bytes).toString('base64') };
}

/** The form for a key of its own: the length of the text in four bytes; the text; the bytes. */
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
 * @param functions - the functions that it may refer to.
 * @param blob - the fetched bytes, if the value is in a key of its own.
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
  if (blob === undefined) throw malformed('a value may not be in a key of its own here');
  const { buffer, byteOffset, length } = blob;
  const end =
    length < LENGTH ? Infinity : LENGTH + new DataView(buffer, byteOffset).getUint32(0, true);
  if (end > length) throw malformed('a value is shorter than its header says');
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
  if (typeof form !== 'object' || form === null)
    throw malformed('the text of a value is not a record');
  const { json, table } = form as Written['form'];
  if (table !== undefined && !Array.isArray(table)) throw malformed('a table is no list');
  return table === undefined ? { json } : { table };
}

/**
 * True if the value is a list of items without anything else. A list with holes may have any length, and a loop over
 * it, or passing its items as arguments, would take that long.
 */
export function isDenseList(value: unknown): value is unknown[] {
  return Array.isArray(value) && isDense(value);
}

function malformed(what: string): BrokenCluster {
  return new BrokenCluster(`A value in Redis is not as this library writes it: ${what}.`, {
    code: 'ERR_FORMAT',
  });
}

/** Checks and copies in one pass, so that each getter is called once. */
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
  if (level > MOST_LEVELS_WRITTEN || seen.has(value) || types.isProxy(value)) throw new Inexact();
  // Before its keys are asked for: an array of bytes has as many as bytes.
  const prototype: unknown = Object.getPrototypeOf(value);
  const isList = Array.isArray(value);
  if (prototype !== (isList ? arrayPrototype : objectPrototype)) throw new Inexact();
  seen.add(value);
  if (isList) {
    if (!isDense(value)) throw new Inexact();
    // A getter may change the length meanwhile.
    const { length } = value;
    const list: unknown[] = [];
    for (let i = 0; i < length; i++) list[i] = copy(value[i], level + 1, seen);
    return list;
  }
  const plain: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw new Inexact();
    plain[key] = copy(Reflect.get(value, key), level + 1, seen);
  }
  return plain;
}
