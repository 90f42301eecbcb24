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

class Inexact extends Error {}

/**
 * What `value` is at this moment, to be sent later.
 *
 * @param nameFunction - for functions in it. Without, there may be none.
 * @throws DataCloneError if it can't travel, or what a getter throws.
 */
export function toWire(value: unknown, nameFunction?: FunctionNamer): WireValue {
  if (value === undefined) return {};
  try {
    return { json: copy(value, 0, undefined) };
  } catch (error) {
    if (!(error instanceof Inexact)) throw error;
    const { table, bytes } = writeData(value, nameFunction);
    return bytes.length === 0
      ? { table }
      : { table, bytes: Buffer.concat(bytes).toString('base64') };
  }
}

/**
 * @param functions - those that it may refer to.
 * @throws BrokenCluster (`ERR_FORMAT`) if it was not written by {@link toWire}.
 */
export function fromWire(
  { json, table, bytes }: WireValue,
  functions?: readonly unknown[],
): unknown {
  if (table === undefined) return json;
  if (bytes === undefined) return readData(table, noBytes, functions);
  if (typeof bytes !== 'string')
    throw new BrokenCluster('The bytes of a value are no text.', { code: 'ERR_FORMAT' });
  return readData(table, Buffer.from(bytes, 'base64'), functions);
}

/** How many bytes it takes in Redis. */
export function wireSize({ json, table, bytes = '' }: WireValue): number {
  const text = table ?? json;
  return text === undefined ? 0 : Buffer.byteLength(JSON.stringify(text)) + bytes.length;
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
  seen.add(value);
  const keys = Object.keys(value);
  if (Array.isArray(value)) {
    // No class, and neither holes nor properties besides its items.
    if (Object.getPrototypeOf(value) !== Array.prototype || keys.length !== value.length)
      throw new Inexact();
    return keys.map((key, index) => {
      if (key !== String(index)) throw new Inexact();
      return copy(value[index], level + 1, seen);
    });
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) throw new Inexact();
  const plain: Record<string, unknown> = {};
  for (const key of keys) {
    if (key === '__proto__') throw new Inexact();
    plain[key] = copy(Reflect.get(value, key), level + 1, seen);
  }
  return plain;
}
