/**
 * Recreates a packed function, and the values packed with it, in a worker.
 *
 *     imports -> an empty object for each node with parts -> functions, each after the values it uses -> contents
 *
 * Modules are imported first, and kept: only the first call waits for that. Then one pass without recursion visits
 * the nodes, the parts of a node before the node itself. If functions use one another in a circle, one of them gets
 * its variable as soon as the other exists.
 *
 * Captured variables are constants: an assignment would be lost, so it throws.
 */
import { createRequire } from 'node:module';
import { fileURLToPath, URL, URLSearchParams } from 'node:url';
import { isNativeError } from 'node:util/types';
import { PicklingError } from '../errors.ts';
import type {
  Packed,
  PackedAccessor,
  PackedClosure,
  PackedEntries,
  PackedNode,
  PackedObject,
  PackedValue,
} from '../protocol/packed.ts';
import { partsOf } from '../protocol/packed-parts.ts';
import {
  bindTo,
  bufferFrom,
  deleteProperty,
  filter,
  freeze,
  getOwnPropertyDescriptor,
  globalObject,
  includes,
  isInstance,
  join,
  map,
  mapSet,
  mustDefine,
  ownKeys,
  preventExtensions,
  reflectGet,
  type SafeDescriptor,
  seal,
  setAdd,
  setPrototypeOf,
  startsWith,
  symbolFor,
  TrueDOMException,
  TrueError,
  TrueMap,
  TrueReferenceError,
  TrueSet,
  TrueSymbol,
  TrueUint8Array,
  whenAll,
} from '../util/primordials.ts';
import { type AnyFunction, findFunction, importModule } from './import-function.ts';
import { BoundedMap } from '../util/bounded-map.ts';
import { makeClosure, type Unfinished } from './closure-factory.ts';
import { importerFor, loadedImport, loadImport, metaOf } from './module-import.ts';

export interface Revived {
  readonly fn: AnyFunction;
  /** Undefined if they travelled beside the packed function. */
  readonly args: unknown[] | undefined;
}

type Instance = Record<PropertyKey, unknown>;

/** Synchronous if every module that is needed has been imported before. @throws PicklingError */
export function revive(packed: Packed, importTimeout: number): Revived | Promise<Revived> {
  const missing = filter(packed.nodes, isMissing);
  if (missing.length === 0) return new Revival(packed.nodes).finish(packed);
  return reviveLater(packed, missing, importTimeout);
}

async function reviveLater(
  packed: Packed,
  missing: readonly PackedNode[],
  importTimeout: number,
): Promise<Revived> {
  await whenAll(map(missing, (node) => load(node, importTimeout)));
  return new Revival(packed.nodes).finish(packed);
}

/** The values of the references that this worker has resolved. */
const references = new BoundedMap<string, { readonly value: unknown }>(10_000);

function keyOf(node: PackedNode): string | undefined {
  switch (node.k) {
    case 'reference': {
      const { module, path, commonjs, detached } = node.at;
      return `${commonjs ?? ''} ${detached ?? ''} ${module}#${join(path, '.')}`;
    }
    case 'module':
      return `module ${node.url}`;
    default:
      return undefined;
  }
}

function isMissing(node: PackedNode): boolean {
  if (node.k === 'import') return loadedImport(node) === undefined;
  const key = keyOf(node);
  return key !== undefined && !references.has(key);
}

async function load(node: PackedNode, timeout: number): Promise<void> {
  if (node.k === 'import') await loadImport(node, timeout);
  else if (node.k === 'reference') {
    references.set(keyOf(node) as string, { value: await findFunction(node.at, timeout) });
  } else if (node.k === 'module') {
    const isOwn = startsWith(node.url, 'node:');
    const value = isOwn
      ? ((await importModule(node.url, timeout)) as { default: unknown }).default
      : createRequire(node.url)(fileURLToPath(node.url));
    references.set(keyOf(node) as string, { value });
  }
}

const UNTOUCHED = 0;
/** Its parts are being created. */
const BEGUN = 1;
const DONE = 2;

class Revival {
  readonly #nodes: readonly PackedNode[];
  readonly #values: unknown[] = [];
  readonly #progress: Uint8Array;
  /** 1 if the value exists; its contents may still be missing. */
  readonly #there: Uint8Array;
  /** Nodes that lack a part, because the part is made of them in turn. */
  #postponed: number[] = [];
  /** Closures that were created before a value that they use. */
  readonly #unfinished: Unfinished[] = [];

  constructor(nodes: readonly PackedNode[]) {
    this.#nodes = nodes;
    this.#progress = new TrueUint8Array(nodes.length);
    this.#there = new TrueUint8Array(nodes.length);
  }

  finish({ fn, args }: Packed): Revived {
    this.#make(fn);
    if (args !== undefined) for (let i = 0; i < args.length; i++) this.#make(args[i]);
    this.#completePostponed();
    for (let i = 0; i < this.#unfinished.length; i++) {
      const { late, finish } = this.#unfinished[i] as Unfinished;
      finish(this.#all(late));
    }
    return {
      fn: this.#value(fn) as AnyFunction,
      args: args === undefined ? undefined : this.#all(args),
    };
  }

  #all(values: readonly PackedValue[]): unknown[] {
    return map(values, (value) => this.#value(value));
  }

  #value(value: PackedValue): unknown {
    return typeof value === 'object' && value !== null ? this.#values[value.n] : value;
  }

  /** Creates the value of a node, after those of its parts. */
  #make(root: PackedValue): void {
    if (typeof root !== 'object' || root === null) return;
    const stack = [root.n];
    while (stack.length > 0) {
      const index = stack[stack.length - 1] as number;
      const node = this.#nodes[index] as PackedNode;
      if (this.#progress[index] === UNTOUCHED) {
        this.#progress[index] = BEGUN;
        this.#begin(index, node);
        const parts = partsOf(node);
        for (let i = 0; i < parts.length; i++) {
          const part = parts[i];
          if (typeof part === 'object' && part !== null && this.#progress[part.n] === UNTOUCHED)
            stack[stack.length] = part.n;
        }
      } else {
        stack.length--;
        if (this.#progress[index] === DONE) continue;
        this.#progress[index] = DONE;
        if (!this.#complete(index, node)) this.#postponed[this.#postponed.length] = index;
      }
    }
  }

  #completePostponed(): void {
    while (this.#postponed.length > 0) {
      const left = filter(
        this.#postponed,
        (index) => !this.#complete(index, this.#nodes[index] as PackedNode),
      );
      if (left.length === this.#postponed.length)
        throw new PicklingError(
          'Its parts depend on one another in a cycle that can not be resolved.',
        );
      this.#postponed = left;
    }
  }

  #put(index: number, value: unknown): void {
    this.#values[index] = value;
    this.#there[index] = 1;
  }

  #areThere(values: readonly PackedValue[]): boolean {
    for (let i = 0; i < values.length; i++) if (!this.#isThere(values[i])) return false;
    return true;
  }

  #isThere(value: PackedValue): boolean {
    return typeof value !== 'object' || value === null || this.#there[value.n] === 1;
  }

  /** Creates a value that can exist before its parts, which may refer back to it. */
  #begin(index: number, node: PackedNode): void {
    switch (node.k) {
      case 'data':
      case 'extended':
        this.#put(index, node.value);
        break;
      case 'object':
        this.#put(index, {});
        break;
      case 'array':
        this.#put(index, []);
        break;
      case 'map':
        this.#put(index, new TrueMap());
        break;
      case 'set':
        this.#put(index, new TrueSet());
        break;
      case 'error':
        this.#put(
          index,
          node.dom === undefined ? new TrueError() : new TrueDOMException(node.dom[0], node.dom[1]),
        );
        break;
      default:
    }
  }

  /** @returns false if a part does not exist yet. */
  #complete(index: number, node: PackedNode): boolean {
    if (node.k === 'closure') return this.#completeClosure(index, node);
    if (!this.#areThere(partsOf(node))) return false;
    switch (node.k) {
      case 'data':
        break;
      case 'object':
        this.#fill(this.#values[index] as Instance, node);
        break;
      case 'array': {
        const array = this.#values[index] as unknown[];
        array.length = node.length;
        this.#settle(array, node.proto, node.entries);
        setLevel(array, node.level);
        break;
      }
      case 'map': {
        const made = this.#values[index] as Map<unknown, unknown>;
        const { items } = node;
        for (let i = 0; i < items.length; i += 2)
          mapSet(made, this.#value(items[i]), this.#value(items[i + 1]));
        this.#settle(made, node.proto, node.entries);
        break;
      }
      case 'set': {
        const set = this.#values[index] as Set<unknown>;
        for (let i = 0; i < node.items.length; i++) setAdd(set, this.#value(node.items[i]));
        this.#settle(set, node.proto, node.entries);
        break;
      }
      case 'extended':
        this.#settle(node.value, node.proto, node.entries);
        break;
      case 'error':
        this.#error(this.#values[index] as Instance, node.proto, node.entries);
        break;
      default:
        this.#put(index, this.#made(node));
    }
    return true;
  }

  /** A function can exist before the variables that it uses. Its own properties come last. */
  #completeClosure(index: number, node: PackedClosure): boolean {
    if (this.#there[index] === 0) {
      const isLate = map(node.values, (value) => !this.#isThere(value));
      const ready = this.#all(filter(node.values, (_, i) => isLate[i] !== true));
      try {
        const { fn, unfinished } = makeClosure(node, isLate, ready);
        if (unfinished !== undefined) this.#unfinished[this.#unfinished.length] = unfinished;
        this.#put(index, fn);
      } catch (error) {
        // A class needs its base class, and the values of its static fields, immediately.
        if (includes(isLate, true) && isReferenceError(error)) return false;
        throw error;
      }
    }
    if (!this.#areThere(node.entries ?? []) || !this.#isThere(node.prototype)) return false;
    this.#furnish(this.#values[index] as AnyFunction, node);
    return true;
  }

  #furnish(fn: AnyFunction, { entries, prototype }: PackedClosure): void {
    if (entries !== undefined) this.#define(fn as unknown as Instance, entries);
    if (prototype === undefined) return;
    const added = this.#value(prototype) as object;
    const own = fn.prototype as object | undefined;
    if (isClass(fn) && own !== undefined) {
      copyProperties(own, added);
      return;
    }
    mustDefine(added, 'constructor', {
      __proto__: null,
      value: fn,
      writable: true,
      configurable: true,
    });
    fn.prototype = added;
  }

  #made(node: PackedNode): unknown {
    switch (node.k) {
      case 'bound': {
        const target = this.#value(node.target) as AnyFunction;
        return bindTo(target, this.#value(node.self), this.#all(node.args));
      }
      case 'prototype':
        return (this.#value(node.of) as { prototype: unknown }).prototype;
      case 'global':
        return globalAt(node.path);
      case 'import':
        return loadedImport(node)?.value;
      case 'reference':
      case 'module':
        return references.get(keyOf(node) as string)?.value;
      case 'require':
        return createRequire(node.url);
      case 'meta':
        return metaOf(node.url);
      case 'importer':
        return importerFor(node.url);
      case 'symbol':
        if (node.how === 'known') return reflectGet(TrueSymbol, node.key);
        return node.how === 'shared' ? symbolFor(node.key) : TrueSymbol(node.key);
      case 'url':
        return new URL(node.text);
      case 'search':
        return new URLSearchParams(node.text);
      case 'buffer':
        return bufferFrom(node.view.buffer, node.view.byteOffset, node.view.byteLength);
      default:
        throw new PicklingError(`A part of the function is of an unknown kind: ${node.k}.`);
    }
  }

  #fill(object: Instance, { proto, entries, accessors = [], level }: PackedObject): void {
    this.#settle(object, proto, entries);
    for (let i = 0; i < accessors.length; i++) {
      const { key, get, set, enumerable } = accessors[i] as PackedAccessor;
      const getter = this.#value(get) as (() => unknown) | undefined;
      const setter = this.#value(set) as ((value: unknown) => void) | undefined;
      mustDefine(object, this.#value(key) as PropertyKey, {
        __proto__: null,
        ...(getter === undefined ? {} : { get: getter }),
        ...(setter === undefined ? {} : { set: setter }),
        enumerable,
        configurable: true,
      });
    }
    setLevel(object, level);
  }

  #settle(object: object, proto: PackedValue, entries: PackedEntries): void {
    if (proto !== undefined) setPrototypeOf(object, this.#value(proto) as object | null);
    this.#define(object as Instance, entries);
  }

  #error(error: Instance, proto: PackedValue, entries: PackedEntries): void {
    setPrototypeOf(error, this.#value(proto) as object | null);
    deleteProperty(error, 'stack');
    for (let i = 0; i < entries.length; i += 2) {
      const key = this.#value(entries[i]) as PropertyKey;
      const isUsual = key === 'message' || key === 'stack' || key === 'cause' || key === 'errors';
      mustDefine(error, key, {
        __proto__: null,
        value: this.#value(entries[i + 1]),
        writable: true,
        configurable: true,
        enumerable: !isUsual,
      });
    }
  }

  #define(object: Instance, entries: PackedEntries): void {
    for (let i = 0; i < entries.length; i += 2) {
      const key = this.#value(entries[i]) as PropertyKey;
      const value = this.#value(entries[i + 1]);
      // Not by assignment, which would run setters of the class and treat `__proto__` as the prototype.
      mustDefine(object, key, {
        __proto__: null,
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
  }
}

/** The value that every thread has under this name, or a task's replacement of it. */
function globalAt(path: readonly string[]): unknown {
  let at: unknown = globalObject;
  for (let i = 0; i < path.length; i++) at = reflectGet(at as object, path[i] as string);
  return at;
}

function copyProperties(to: object, from: object): void {
  const keys = ownKeys(from);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as PropertyKey;
    const property = getOwnPropertyDescriptor(from, key) as SafeDescriptor;
    setPrototypeOf(property, null);
    mustDefine(to, key, property);
  }
}

/** False for a proxy, whose traps would run user code. */
function isReferenceError(error: unknown): boolean {
  return isNativeError(error) && isInstance(error, TrueReferenceError);
}

function setLevel(object: object, level: PackedObject['level']): void {
  if (level === 'frozen') freeze(object);
  else if (level === 'sealed') seal(object);
  else if (level === 'fixed') preventExtensions(object);
}

function isClass(fn: AnyFunction): boolean {
  return getOwnPropertyDescriptor(fn, 'prototype')?.writable === false;
}
