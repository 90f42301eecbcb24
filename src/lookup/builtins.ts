/**
 * What every thread has under the same name: the objects of the language, and Node's own modules.
 *
 * Found by identity. The index is made when something with no source of its own is first looked for; of
 * Node's modules it has those that are loaded, since nothing of another one can be in anybody's hands.
 */
import type { FunctionReference } from '../protocol/messages.ts';
import { isObject, valueAt } from './identity.ts';

/** By name, because going through the global object would load what is only there on demand. */
const GLOBALS =
  'Object Function Array Number Boolean String Symbol BigInt Math JSON Reflect Proxy Date RegExp Promise ' +
  'Map Set WeakMap WeakSet WeakRef FinalizationRegistry ArrayBuffer SharedArrayBuffer DataView Atomics ' +
  'Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float16Array ' +
  'Float32Array Float64Array BigInt64Array BigUint64Array Error AggregateError EvalError RangeError ' +
  'ReferenceError SyntaxError TypeError URIError Intl WebAssembly Iterator globalThis parseInt parseFloat ' +
  'isNaN isFinite decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape console ' +
  'process Buffer URL URLSearchParams TextEncoder TextDecoder AbortController AbortSignal Event ' +
  'EventTarget structuredClone queueMicrotask setTimeout setInterval setImmediate clearTimeout ' +
  'clearInterval clearImmediate performance atob btoa MessageChannel MessagePort BroadcastChannel ' +
  'DOMException Blob';

/** What is one per thread, and reached in no other way. */
const PATHS = ['process.env', 'process.stdout', 'process.stderr', 'process.stdin', 'process.argv'];

export type BuiltinReference =
  | { readonly global: readonly string[] }
  | { readonly reference: FunctionReference }
  | { readonly module: string };

export class Builtins {
  #index: Map<object, BuiltinReference> | undefined = undefined;
  /** How long Node's list of what it has loaded was when the index was made. */
  #loaded = 0;

  /** Under which name every thread has `object`; undefined if it is nothing of the kind. */
  find(object: object): BuiltinReference | undefined {
    const known = this.#upToDate().get(object);
    if (known !== undefined) return known;
    const name = typeof object === 'function' ? valueAt(object, 'name', false) : undefined;
    if (typeof name !== 'string' || name === '' || !isNative(object)) return undefined;
    // What is not in the list was put there by the program, unless it is native.
    const isGlobal = Reflect.get(globalThis, name) === object;
    return isGlobal || isOfOtherContext(name, object) ? { global: [name] } : undefined;
  }

  /** A module of Node's by its URL, or by the name that its scripts go by. */
  findIn(url: string, object: object): BuiltinReference | undefined {
    const name = url.replace(/^node:/, '');
    const found = loadedBuiltins().find(([each]) => each === name);
    if (found !== undefined) {
      const index = new Map<object, BuiltinReference>();
      addModule(index, ...found);
      const builtin = index.get(object);
      if (builtin !== undefined) return builtin;
    }
    return this.find(object);
  }

  #upToDate(): ReadonlyMap<object, BuiltinReference> {
    // Asked for each object that is taken apart, so the list is looked at only when it has grown.
    const loaded = loadList().length;
    if (this.#index !== undefined && this.#loaded === loaded) return this.#index;
    const index = new Map<object, BuiltinReference>();
    for (const name of GLOBALS.split(' ')) addGlobal(index, name);
    for (const path of PATHS) {
      const [owner, key] = path.split('.') as [string, string];
      const value: unknown = Reflect.get(Reflect.get(globalThis, owner) as object, key);
      if (isObject(value)) index.set(value, { global: [owner, key] });
    }
    for (const [name, exported] of loadedBuiltins()) addModule(index, name, exported);
    this.#index = index;
    this.#loaded = loaded;
    return index;
  }
}

function addGlobal(index: Map<object, BuiltinReference>, name: string): void {
  const value: unknown = Reflect.get(globalThis, name);
  if (!isObject(value)) return;
  if (!index.has(value)) index.set(value, { global: [name] });
  if (name === 'globalThis' || name === 'process') return;
  for (const [path, owner] of [
    [[name], value] as const,
    [[name, 'prototype'], valueAt(value, 'prototype', false)] as const,
  ]) {
    if (!isObject(owner)) continue;
    if (!index.has(owner)) index.set(owner, { global: path });
    for (const key of Reflect.ownKeys(owner)) {
      const member = valueAt(owner, key, false);
      if (typeof key === 'string' && typeof member === 'function' && !index.has(member))
        index.set(member, { global: [...path, key] });
    }
  }
}

function addModule(index: Map<object, BuiltinReference>, name: string, exported: object): void {
  const url = `node:${name}`;
  if (!index.has(exported))
    index.set(
      exported,
      typeof exported === 'function'
        ? { reference: { module: url, path: ['default'] } }
        : { module: url },
    );
  for (const key of Object.keys(exported)) {
    const value = valueAt(exported, key, false);
    if (!isObject(value) || index.has(value)) continue;
    if (typeof value === 'function')
      index.set(value, { reference: { module: url, path: [key], detached: true } });
    else if (isNamespace(value)) {
      index.set(value, { reference: { module: url, path: [key] } });
      for (const inner of Object.keys(value)) {
        const member = valueAt(value, inner, false);
        if (typeof member === 'function' && !index.has(member))
          index.set(member, { reference: { module: url, path: [key, inner], detached: true } });
      }
    }
  }
}

/** `path.posix`, `util.types`, and not what is data. */
function isNamespace(value: object): boolean {
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.keys(value).some((key) => typeof valueAt(value, key, false) === 'function');
}

/** Other runtimes keep none. */
function loadList(): readonly string[] {
  return (process as unknown as { moduleLoadList?: readonly string[] }).moduleLoadList ?? [];
}

/** Those of Node's own modules that are loaded, and what they export. */
export function loadedBuiltins(): [string, object][] {
  const { builtinModules } = process.getBuiltinModule('node:module');
  const loaded = new Set(loadList().map((each) => each.replace(/^NativeModule /, '')));
  const found: [string, object][] = [];
  for (const name of builtinModules) {
    // `fs.promises` is there without having been asked for.
    const isThere = loaded.has(name) || (name.includes('/') && loaded.has(`internal/${name}`));
    if (name.startsWith('_') || !isThere) continue;
    const exported: unknown = process.getBuiltinModule(name);
    if (isObject(exported)) found.push([name, exported]);
  }
  return found;
}

/** The classes of the language that a context of `node:vm` has for itself: there it is that of the worker. */
function isOfOtherContext(name: string, constructor: object): boolean {
  const prototype = valueAt(constructor, 'prototype', false);
  return (
    GLOBALS.split(' ').includes(name) &&
    isObject(prototype) &&
    valueAt(prototype, 'constructor', false) === constructor
  );
}

function isNative(fn: object): boolean {
  return (
    typeof fn === 'function' &&
    /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(fn))
  );
}
