/** Searches a value that was read from data for parts that data can't express. */
import { types } from 'node:util';

const MOST = 3000;
const CLASSES =
  'Object Array Map Set Date RegExp ArrayBuffer Number String Boolean BigInt Uint8Array Int8Array Uint8ClampedArray ' +
  'Uint16Array Int16Array Uint32Array Int32Array Float16Array Float32Array Float64Array BigInt64Array BigUint64Array DataView';
// Not every release has all of them.
const known = CLASSES.split(' ').filter((name) => name in globalThis);
// The engine's own, which some releases have in place of a value.
const stack = Object.getOwnPropertyDescriptor(new Error(), 'stack');
const prototypes = new Set(known.map((name) => globalThis[name].prototype));

/**
 * @param functions - the functions that it may contain.
 * @returns the part that is not data; undefined if there is none.
 */
export function strayIn(value, functions) {
  const found = new Set();
  const left = [value];
  while (left.length > 0 && found.size < MOST) {
    const each = left.pop();
    if (typeof each === 'function' && !functions.includes(each)) return 'there is a function in it';
    if (typeof each === 'symbol') return 'there is a symbol in it';
    if (typeof each !== 'object' || each === null || found.has(each)) continue;
    found.add(each);
    const prototype = Object.getPrototypeOf(each);
    const isError = prototype === null ? false : each instanceof Error;
    if (!prototypes.has(prototype) && !isError) return 'there is an object of another class in it';
    if (types.isMap(each)) for (const entry of each) left.push(...entry);
    if (types.isSet(each)) for (const item of each) left.push(item);
    if (ArrayBuffer.isView(each)) left.push(each.buffer);
    else if (!(each instanceof DOMException)) {
      const problem = properties(each, left);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function properties(object, left) {
  for (const key of Reflect.ownKeys(object)) {
    if (typeof key === 'symbol') return 'there is a symbol as a key in it';
    const property = Reflect.getOwnPropertyDescriptor(object, key);
    if (Object.hasOwn(property, 'value')) left.push(property.value);
    else if (stack.get === undefined || property.get !== stack.get)
      return `there is a getter in it: ${key}`;
  }
  return undefined;
}
