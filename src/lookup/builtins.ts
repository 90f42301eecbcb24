/**
 * Finds objects that exist in every thread under the same name: the objects of the language, and Node's own modules.
 *
 * They are found by identity. The index is made when an object without a source of its own is first looked up. It
 * covers the loaded modules of Node only, because no code can hold an object of a module that is not loaded.
 */
import type { FunctionReference } from '../protocol/messages.ts';
import { isObject, valueAt } from './identity.ts';

/** Names, not a walk over the global object: a walk would load globals that Node loads on demand. */
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

/** Objects that exist once per thread and are reachable by these paths only. */
const PATHS = ['process.env', 'process.stdout', 'process.stderr', 'process.stdin', 'process.argv'];

export type BuiltinReference =
  | { readonly global: readonly string[] }
  | { readonly reference: FunctionReference }
  | { readonly module: string };

export class Builtins {
  #index: Map<object, BuiltinReference> | undefined = undefined;
  /** Length of Node's list of loaded modules when the index was made. */
  #loaded = 0;

  /** The name under which every thread has `object`; undefined if there is none. */
  find(object: object): BuiltinReference | undefined {
    const known = this.#upToDate().get(object);
    if (known !== undefined) return known;
    const name = typeof object === 'function' ? valueAt(object, 'name', false) : undefined;
    if (typeof name !== 'string' || name === '' || !isNative(object)) return undefined;
    // A global that is not in the list above counts only if it is native: any other was defined by the program.
    const isGlobal = Reflect.get(globalThis, name) === object;
    return isGlobal || isOfOtherContext(name, object) ? { global: [name] } : undefined;
  }

  /** Looks in the Node module with this URL or internal script name first, then in the index. */
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
    // Called for each object that is packed, so the list is read only if it has grown.
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

/** True for `path.posix` and `util.types`; false for plain data. */
function isNamespace(value: object): boolean {
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.keys(value).some((key) => typeof valueAt(value, key, false) === 'function');
}

/** The list is empty in other runtimes. */
function loadList(): readonly string[] {
  return (process as unknown as { moduleLoadList?: readonly string[] }).moduleLoadList ?? [];
}

/** The names and exports of those modules of Node that are loaded. */
export function loadedBuiltins(): [string, object][] {
  const { builtinModules } = process.getBuiltinModule('node:module');
  const loaded = new Set(loadList().map((each) => each.replace(/^NativeModule /, '')));
  const found: [string, object][] = [];
  for (const name of builtinModules) {
    // `fs.promises` is loaded without being in the list under its own name.
    const isThere = loaded.has(name) || (name.includes('/') && loaded.has(`internal/${name}`));
    if (name.startsWith('_') || !isThere) continue;
    const exported: unknown = process.getBuiltinModule(name);
    if (isObject(exported)) found.push([name, exported]);
  }
  return found;
}

/** True for a built-in class of another `node:vm` context. In a worker, its name refers to the worker's own class. */
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
