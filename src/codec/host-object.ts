/**
 * Finds what lives in native code inside a value that is to leave the process: blobs, keys, streams.
 *
 * V8's serializer refuses such objects in Node 20. Newer versions implement many of them in JavaScript,
 * where the serializer sees an object with nothing in it, and the receiver would get `{}` without a
 * word. They are told by the methods that Node's own messages between threads clone them with.
 */
import {
  isArrayBuffer,
  isMap,
  isNativeError,
  isProxy,
  isSet,
  isSharedArrayBuffer,
} from 'node:util/types';

/** Lengths of arrays between which it is better to go by index; beyond, there may be a billion holes. */
const FEW = 1024;
const MANY = 4_000_000;

const hooks = new Set(['messaging_clone_symbol', 'messaging_transfer_list_symbol']);
/** Others whose state can't be seen, by what they call themselves; looking their classes up would load them. */
const opaque = new Set<unknown>([
  'Blob',
  'CryptoKey',
  'URL',
  'URLSearchParams',
  'Headers',
  'FormData',
  'Request',
  'Response',
  'WebAssembly.Module',
]);
const verdicts = new WeakMap<object, boolean>();
for (const { prototype } of [Object, Array, Map, Set, Date, RegExp, Error])
  verdicts.set(prototype as object, false);

function isHostPrototype(prototype: object): boolean {
  const known = verdicts.get(prototype);
  if (known !== undefined) return known;
  const above = Object.getPrototypeOf(prototype) as object | null;
  const verdict =
    Object.getOwnPropertySymbols(prototype).some((each) => hooks.has(each.description ?? '')) ||
    opaque.has(Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag)?.value) ||
    (above !== null && isHostPrototype(above));
  verdicts.set(prototype, verdict);
  return verdict;
}

/** An object inside `value`, or itself, that only threads of one process can pass to each other. */
export function findHostObject(value: unknown): object | undefined {
  const seen = new Set<object>();
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    if (isProxy(next)) continue;
    const buffer = ArrayBuffer.isView(next) ? next.buffer : next;
    // Bun's serializer copies what is shared, without a word.
    if (isSharedArrayBuffer(buffer)) return buffer;
    if (isArrayBuffer(buffer)) continue;
    const prototype = Object.getPrototypeOf(next) as object | null;
    if (prototype !== null && isHostPrototype(prototype)) return next;
    for (const child of children(next)) open.push(child);
  }
  return undefined;
}

/** What cloning would go on to. */
function children(object: object): unknown[] {
  // Of an error nothing else is cloned.
  if (isNativeError(object)) return [read(object, 'cause')];
  if (Array.isArray(object) && object.length > FEW && object.length < MANY) return elements(object);
  const own = Object.keys(object)
    .map((key) => read(object, key))
    .filter(isObject);
  if (isMap(object)) return own.concat([...object].flat().filter(isObject));
  if (isSet(object)) return own.concat([...object].filter(isObject));
  return own;
}

/** Getters included; one that throws does so for the serializer, too, which tells why. */
function read(object: object, key: string): unknown {
  try {
    return Reflect.get(object, key);
  } catch {
    return undefined;
  }
}

/** By index, because the keys of a long array are as many strings. Properties beside them are let pass. */
function elements(array: readonly unknown[]): unknown[] {
  const objects: unknown[] = [];
  for (let i = 0; i < array.length; i++) if (isObject(array[i])) objects.push(array[i]);
  return objects;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
