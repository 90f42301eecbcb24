/**
 * Tells data that cloning carries without loss, so that it need not be taken apart.
 *
 * Nothing of the caller's is run: accessors make an object something else than plain.
 */
import { types } from 'node:util';

/** Cloning is recursive and ends with the stack. */
const MOST_LEVELS = 200;
/** Beyond it an array is not asked for further properties, which would take longer than cloning it. */
const LONG_ARRAY = 1024;

export interface LeafRules {
  /** Whether shared memory can be shared with the receiver. */
  readonly shares: boolean;
  /** What is moved, and need not be clonable. */
  readonly moved: readonly object[];
}

/** Whether all that can be reached from `value` is plain data, and not nested too deep. */
export function isPlain(value: object, rules: LeafRules): boolean {
  return walkPlain(value, rules, new Set());
}

/** The same; `seen` has everything with parts that was met, when it returns true. */
export function walkPlain(value: object, rules: LeafRules, seen: Set<object>): boolean {
  const stack: object[] = [value];
  const levels: number[] = [0];
  seen.add(value);
  for (let object = stack.pop(); object !== undefined; object = stack.pop()) {
    const level = (levels.pop() ?? 0) + 1;
    if (isLeaf(object, rules)) continue;
    const parts = partsOf(object);
    if (parts === undefined || level > MOST_LEVELS) return false;
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

/** Whether cloning carries it whole, and there is nothing inside to look at. */
export function isLeaf(object: object, { shares, moved }: LeafRules): boolean {
  if (moved.includes(object)) return true;
  if (types.isProxy(object) || Array.isArray(object)) return false;
  const prototype: unknown = Object.getPrototypeOf(object);
  if (types.isSharedArrayBuffer(object)) return shares;
  if (types.isAnyArrayBuffer(object)) return prototype === ArrayBuffer.prototype;
  if (ArrayBuffer.isView(object)) {
    return (
      prototype !== Buffer.prototype &&
      isOwnKind(object, prototype) &&
      (shares || !types.isSharedArrayBuffer(object.buffer))
    );
  }
  if (types.isDate(object) || types.isRegExp(object) || types.isBoxedPrimitive(object))
    return isOwnKind(object, prototype);
  return prototype !== Object.prototype && isPlatformValue(object);
}

/** Not of a subclass, whose name would be lost. */
function isOwnKind(object: object, prototype: unknown): boolean {
  const kind = Object.prototype.toString.call(object).slice(8, -1);
  const constructor: unknown = Reflect.get(globalThis, kind);
  return typeof constructor === 'function' && constructor.prototype === prototype;
}

/** What Node can clone although it is no data of the language's. */
export function isPlatformValue(object: object): boolean {
  return isKey(object) || object instanceof Blob || isWebAssemblyModule(object);
}

/** What the classes of Node's keys are called. */
const KEY_CLASSES: ReadonlySet<unknown> = new Set(['KeyObject', 'CryptoKey']);

/**
 * Node itself is asked only about what may be a key by the names of its classes: its answer takes microseconds, on
 * Node 24 some tens of them, which is more than all the rest that is done for a small object.
 */
function isKey(object: object): boolean {
  let prototype = prototypeOf(object);
  for (; prototype !== null && prototype !== Object.prototype; prototype = prototypeOf(prototype)) {
    const named: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
    if (typeof named === 'function' && !types.isProxy(named) && KEY_CLASSES.has(nameOf(named)))
      return types.isKeyObject(object) || types.isCryptoKey(object);
  }
  return false;
}

/** None of a proxy, whose traps are code of the caller's. */
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
  if (prototype === Object.prototype) return propertiesOf(object);
  if (Array.isArray(object)) {
    if (prototype !== Array.prototype) return undefined;
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
  // `length` is the one that is not enumerable.
  return Reflect.ownKeys(array).length === array.length + 1 ? array : propertiesOf(array, 1);
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
  // Not by what it calls itself, which may be a getter of the caller's.
  return WebAssembly !== undefined && object instanceof WebAssembly.Module;
}
