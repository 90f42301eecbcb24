/**
 * Detects data that can be cloned without loss, so that it need not be packed part by part.
 *
 * No code of the caller is run: an object with accessors is not plain.
 */
import { types } from 'node:util';
import {
  arrayPrototype,
  bufferPrototype,
  hasItemsOnly,
  LONG_ARRAY,
  MOST_LEVELS_CLONED,
  objectPrototype,
} from '../codec/plainness.ts';

export interface LeafRules {
  /** True if the receiver can share memory with this process. */
  readonly shares: boolean;
  /** Objects that are transferred, and need not be clonable. */
  readonly moved: readonly object[];
}

/** True if everything reachable from `value` is plain data, and not nested too deep. */
export function isPlain(value: object, rules: LeafRules): boolean {
  return walkPlain(value, rules, new Set());
}

/** The same. If it returns true, `seen` contains every object that was visited. */
export function walkPlain(value: object, rules: LeafRules, seen: Set<object>): boolean {
  const stack: object[] = [value];
  const levels: number[] = [0];
  seen.add(value);
  for (let object = stack.pop(); object !== undefined; object = stack.pop()) {
    const level = (levels.pop() ?? 0) + 1;
    if (isLeaf(object, rules)) continue;
    const parts = partsOf(object);
    if (parts === undefined || level > MOST_LEVELS_CLONED) return false;
    for (const part of parts) {
      if (typeof part === 'function' || typeof part === 'symbol') return false;
      if (typeof part !== 'object' || part === null || seen.has(part)) continue;
      seen.add(part);
      stack.push(part);
      levels.push(level);
    }
  }
  return true;
}

/** True if the object can be cloned whole, and has no parts to check. */
export function isLeaf(object: object, { shares, moved }: LeafRules): boolean {
  if (moved.includes(object)) return true;
  if (types.isProxy(object) || Array.isArray(object)) return false;
  const prototype: unknown = Object.getPrototypeOf(object);
  if (types.isSharedArrayBuffer(object)) return shares;
  if (types.isAnyArrayBuffer(object)) return prototype === bufferPrototype;
  if (ArrayBuffer.isView(object)) {
    return (
      prototype !== Buffer.prototype &&
      isOwnKind(object, prototype) &&
      (shares || !types.isSharedArrayBuffer(object.buffer))
    );
  }
  if (types.isDate(object) || types.isRegExp(object) || types.isBoxedPrimitive(object))
    return isOwnKind(object, prototype);
  return prototype !== objectPrototype && isPlatformValue(object);
}

/** False for an instance of a subclass: cloning would lose its class. */
function isOwnKind(object: object, prototype: unknown): boolean {
  const kind = Object.prototype.toString.call(object).slice(8, -1);
  const constructor: unknown = Reflect.get(globalThis, kind);
  return typeof constructor === 'function' && constructor.prototype === prototype;
}

/** True for an object that Node can clone although it is not data of the language. */
export function isPlatformValue(object: object): boolean {
  return isKey(object) || object instanceof Blob || isWebAssemblyModule(object);
}

/** The names of Node's classes for keys. */
const KEY_CLASSES: ReadonlySet<unknown> = new Set(['KeyObject', 'CryptoKey']);

/**
 * Asks Node only about objects whose classes have the name of a key class. Node's answer takes microseconds, on Node
 * 24 some tens of them, which is more than all other work for a small object.
 */
function isKey(object: object): boolean {
  let prototype = prototypeOf(object);
  for (; prototype !== null && prototype !== objectPrototype; prototype = prototypeOf(prototype)) {
    const named: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
    if (typeof named === 'function' && !types.isProxy(named) && KEY_CLASSES.has(nameOf(named)))
      return types.isKeyObject(object) || types.isCryptoKey(object);
  }
  return false;
}

/** Null for a proxy, whose traps are code of the caller. */
function prototypeOf(object: object): object | null {
  const prototype: unknown = types.isProxy(object) ? null : Object.getPrototypeOf(object);
  return types.isProxy(prototype) ? null : (prototype as object | null);
}

function nameOf(fn: object): unknown {
  return Object.getOwnPropertyDescriptor(fn, 'name')?.value;
}

/** The values inside; undefined if cloning would lose something. */
function partsOf(object: object): readonly unknown[] | undefined {
  if (types.isProxy(object) || !Object.isExtensible(object)) return undefined;
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype === objectPrototype) return propertiesOf(object);
  if (Array.isArray(object)) {
    if (prototype !== arrayPrototype) return undefined;
    return object.length > LONG_ARRAY ? object : elementsOf(object);
  }
  const entries = Reflect.ownKeys(object).length === 0;
  if (types.isMap(object)) {
    return entries && prototype === Map.prototype
      ? [...object.keys(), ...object.values()]
      : undefined;
  }
  if (types.isSet(object)) return entries && prototype === Set.prototype ? [...object] : undefined;
  return undefined;
}

function elementsOf(array: readonly unknown[]): readonly unknown[] | undefined {
  return hasItemsOnly(array) ? array : propertiesOf(array, 1);
}

function propertiesOf(object: object, hidden = 0): unknown[] | undefined {
  const keys = Object.keys(object);
  if (Reflect.ownKeys(object).length !== keys.length + hidden) return undefined;
  const values: unknown[] = [];
  for (const key of keys) {
    const property = Object.getOwnPropertyDescriptor(object, key);
    if (property === undefined || !Object.hasOwn(property, 'value')) return undefined;
    values.push(property.value);
  }
  return values;
}

function isWebAssemblyModule(object: object): boolean {
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly?: { Module: new () => object };
  };
  // Not by its tag, which may be a getter of the caller.
  return WebAssembly !== undefined && object instanceof WebAssembly.Module;
}
