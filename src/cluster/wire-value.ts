/**
 * Values on their way through Redis, where a job's data is JSON.
 *
 * JSON carries most of what calls pass, costs next to nothing, and can be read in a dashboard. But it
 * loses `undefined`, `-0`, `NaN`, dates, maps, typed arrays, cycles and shared objects without a
 * word. So it is used for what it keeps exactly, and everything else travels as the structured clone
 * that worker processes are sent.
 */
import { types } from 'node:util';
import { cloneFromBytes, cloneToBytes } from '../codec/clone.ts';
import type { WireValue } from './call-format.ts';

/** Deeper than this, and it is a structured clone's. */
const MOST_LEVELS = 64;

class Inexact extends Error {}

/**
 * What `value` is at this moment, to be sent later.
 *
 * @throws DataCloneError if it can't travel, or what a getter throws.
 */
export function toWire(value: unknown): WireValue {
  if (value === undefined) return {};
  try {
    return { json: copy(value, 0, undefined) };
  } catch (error) {
    if (!(error instanceof Inexact)) throw error;
    return { clone: Buffer.from(cloneToBytes(value)).toString('base64') };
  }
}

/** @throws Error if it was not written by {@link toWire}. */
export function fromWire({ json, clone }: WireValue): unknown {
  if (clone === undefined) return json;
  return cloneFromBytes(new Uint8Array(Buffer.from(clone, 'base64')));
}

/** How many bytes it takes in Redis. */
export function wireSize({ json, clone }: WireValue): number {
  if (clone !== undefined) return clone.length;
  return json === undefined ? 0 : Buffer.byteLength(JSON.stringify(json));
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
