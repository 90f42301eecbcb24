/**
 * The functions of the language and of Node that worker code needs, captured before the first line of user code
 * runs.
 *
 * A task shares its thread with the loop that runs it, and can change anything there: leave fake timers installed,
 * stub `process.exit`, patch `Array.prototype`, freeze or delete objects. None of that may affect other calls. So
 * code that runs in a worker never looks up a global, or a method of a built-in class, at the moment of use: it
 * imports from here. `npm run primordials` checks that.
 *
 * Rules for such code:
 *
 * - functions of the language and of Node by the names below; methods as functions whose first argument is `this`;
 * - `SafeMap`, `SafeSet` and `SafeWeakMap` instead of the built-in collections: they own copies of the methods;
 * - arrays by index: no `push`, no `for … of`, no spreading into calls, no destructuring of arrays. Each of these uses
 *   a prototype that a task may have patched;
 * - `await` and async functions are safe: the language resolves promises without using `Promise.prototype`;
 * - Node's modules may be imported by name: `scripts/bundle.mjs` captures the imports when the script is loaded.
 */
import { isDataView } from 'node:util/types';
import { Script } from 'node:vm';
// oxlint-disable typescript/unbound-method -- methods are taken here to be given their `this` later

const { bind, call } = Function.prototype;

/** Turns a method into a function that takes `this` as its first argument. */
export const uncurryThis = bind.bind(call) as <T, A extends unknown[], R>(
  method: (this: T, ...args: A) => R,
) => (self: T, ...args: A) => R;

export const {
  apply,
  deleteProperty,
  get: reflectGet,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  ownKeys,
  preventExtensions,
  set: reflectSet,
  setPrototypeOf,
} = Reflect;

/** A descriptor without a prototype, because a task may have put a getter on `Object.prototype`. */
export interface SafeDescriptor extends PropertyDescriptor {
  readonly __proto__: null;
}
export const defineProperty: (
  target: object,
  key: PropertyKey,
  property: SafeDescriptor,
) => boolean = Reflect.defineProperty;

export const {
  and: atomicsAnd,
  compareExchange: atomicsCompareExchange,
  load: atomicsLoad,
  notify: atomicsNotify,
  or: atomicsOr,
  store: atomicsStore,
  wait: atomicsWait,
  waitAsync: atomicsWaitAsync,
} = Atomics;

export const { isArray } = Array;
export const { isView } = ArrayBuffer;
export const { assign, freeze, hasOwn, keys: objectKeys, seal } = Object;
export const { isInteger } = Number;
export const { ceil, imul, max, min } = Math;
export const { allocUnsafeSlow, byteLength: bufferByteLength, from: bufferFrom } = Buffer;
export const { fromCharCode } = String;
export const { for: symbolFor } = Symbol;
export const { stringify } = JSON;

export const { clearTimeout, setImmediate, setTimeout, structuredClone } = globalThis;

/** The global object itself, even if a task replaces its properties. */
export const globalObject: object = globalThis;

const { hrtime, versions } = process;
/** True in Bun, false in Node. */
export const isBun = hasOwn(versions, 'bun');

/** Milliseconds on a monotonic clock. Not `performance.now`, which takes a new worker a millisecond to load. */
export function now(): number {
  const time = hrtime();
  return time[0] * 1e3 + time[1] / 1e6;
}

export const trueProcess = process;
const { cwd, exit, on } = process;
export const { execArgv, execPath, nextTick } = process;
export const currentFolder = (): string => apply(cwd, trueProcess, []);

/** Ends this thread or process and runs its exit handlers, even if a task has replaced `process.exit`. */
export const exitProcess = (code: number): never => apply(exit, trueProcess, [code]);
type Listener = (...args: never[]) => void;
export const onProcess = (event: string, listener: Listener): unknown =>
  apply(on, trueProcess, [event, listener]);

/**
 * True if exit handlers run because this thread or process ends; false if other code has emitted the event. Node
 * stores that in a property that its own code can read. While it is set, Node drops callbacks of `nextTick`.
 */
export const isExiting = (): boolean => reflectGet(trueProcess, '_exiting') !== false;

/** Called if the exit was prevented: callbacks of `nextTick` run again. */
export const noLongerExiting = (): unknown => reflectSet(trueProcess, '_exiting', false);

/** The original stream, even if a task has replaced it. Node makes it when it is first read. */
export const standardStream: Record<'stdout' | 'stderr', () => NodeJS.WriteStream> = {
  stdout: taken('stdout'),
  stderr: taken('stderr'),
};

function taken(name: 'stdout' | 'stderr'): () => NodeJS.WriteStream {
  const get = getOwnPropertyDescriptor(trueProcess, name)?.get as
    | (() => NodeJS.WriteStream)
    | undefined;
  // Some runtimes make the streams eagerly, without a getter.
  const stream = get === undefined ? trueProcess[name] : undefined;
  return () => stream ?? apply(get as () => NodeJS.WriteStream, trueProcess, []);
}

/** Resolves when all promises have resolved; rejects when the first one rejects. */
export function whenAll(promises: readonly Promise<unknown>[]): Promise<void> {
  return new TruePromise((resolve, reject) => {
    let left = promises.length;
    const follow = async (promise: Promise<unknown>): Promise<void> => {
      try {
        await promise;
        left--;
        if (left === 0) resolve();
      } catch (error) {
        reject(error);
      }
    };
    for (let i = 0; i < promises.length; i++) void follow(promises[i] as Promise<unknown>);
    if (left === 0) resolve();
  });
}

export const arraySlice = uncurryThis(Array.prototype.slice) as <T>(
  list: readonly T[],
  start?: number,
  end?: number,
) => T[];
export const includes = uncurryThis(Array.prototype.includes) as (
  list: readonly unknown[],
  item: unknown,
) => boolean;
export const join = uncurryThis(Array.prototype.join) as (
  list: readonly (string | number)[],
  separator: string,
) => string;

/** Appends all items of a list to another. */
export function append<T>(list: T[], more: readonly T[]): void {
  for (let i = 0; i < more.length; i++) list[list.length] = more[i] as T;
}

// Not the methods of arrays, which read the class of the new array from the array.

export function map<T, R>(list: readonly T[], make: (item: T, index: number) => R): R[] {
  const made: R[] = [];
  for (let i = 0; i < list.length; i++) made[i] = make(list[i] as T, i);
  return made;
}

export function filter<T>(list: readonly T[], test: (item: T, index: number) => boolean): T[] {
  const found: T[] = [];
  for (let i = 0; i < list.length; i++) {
    if (test(list[i] as T, i)) found[found.length] = list[i] as T;
  }
  return found;
}

/**
 * The bytes from `start` to `end`, without copying. Not the array's method, which reads the class of the result from
 * the array.
 */
export function subarray(bytes: Uint8Array, start: number, end = byteLengthOf(bytes)): Uint8Array {
  return new TrueUint8Array(bufferOf(bytes), byteOffsetOf(bytes) + start, end - start);
}

export const bigIntToString = uncurryThis(BigInt.prototype.toString);
export const getTime = uncurryThis(Date.prototype.getTime);
export const charCodeAt = uncurryThis(String.prototype.charCodeAt);
export const isWellFormed = uncurryThis(String.prototype.isWellFormed);
export const lastIndexOf = uncurryThis(String.prototype.lastIndexOf);
export const stringSlice = uncurryThis(String.prototype.slice);
export const repeat = uncurryThis(String.prototype.repeat);
export const startsWith = uncurryThis(String.prototype.startsWith) as (
  text: string,
  start: string,
) => boolean;
export const stringIncludes = uncurryThis(String.prototype.includes) as (
  text: string,
  part: string,
) => boolean;
export const symbolText = uncurryThis(Symbol.prototype.toString);
export const trim = uncurryThis(String.prototype.trim);

/** The first match. `test` and the methods of strings would call the pattern's `exec`, which may be patched. */
export const match = uncurryThis(RegExp.prototype.exec) as (
  pattern: RegExp,
  text: string,
) => RegExpExecArray | null;
export const matches = (pattern: RegExp, text: string): boolean => match(pattern, text) !== null;

/** Replaces all matches of a global pattern. */
export function replaceMatches(text: string, pattern: RegExp, by: string): string {
  let made = '';
  let end = 0;
  for (let found = match(pattern, text); found !== null; found = match(pattern, text)) {
    made += stringSlice(text, end, found.index) + by;
    end = pattern.lastIndex;
  }
  return made + stringSlice(text, end);
}

/** `fn.bind(self, …args)` */
export function bindTo<R>(
  fn: (...args: unknown[]) => R,
  self: unknown,
  args: readonly unknown[],
): (...more: unknown[]) => R {
  const list = [self];
  append(list, args);
  return apply(bind, fn, list) as (...more: unknown[]) => R;
}

const Generator = getPrototypeOf(function* () {}) as { prototype: Generator };
/** Continues a generator. */
export const resume = uncurryThis(Generator.prototype.next) as <T, R, N>(
  generator: Generator<T, R, N>,
  value: N,
) => IteratorResult<T, R>;

export const functionPrototype: unknown = Function.prototype;
const hasInstance = uncurryThis(Function.prototype[Symbol.hasInstance]);

/** `instanceof`, without reading `Symbol.hasInstance` from the class. Asks a proxy for its prototype. */
export const isInstance = <T>(
  value: unknown,
  ofClass: abstract new (...args: never[]) => T,
): value is T => hasInstance(ofClass, value);

export const mapForEach = uncurryThis(Map.prototype.forEach) as <K, V>(
  map: ReadonlyMap<K, V>,
  each: (value: V, key: K) => void,
) => void;
export const mapGet = uncurryThis(Map.prototype.get) as <K, V>(
  map: ReadonlyMap<K, V>,
  key: K,
) => V | undefined;
export const mapSet = uncurryThis(Map.prototype.set) as <K, V>(
  target: Map<K, V>,
  key: K,
  value: V,
) => unknown;
export const setAdd = uncurryThis(Set.prototype.add) as <T>(set: Set<T>, item: T) => unknown;
export const setForEach = uncurryThis(Set.prototype.forEach) as <T>(
  set: ReadonlySet<T>,
  each: (value: T) => void,
) => void;

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** The value of a built-in getter, even if an own property of the object hides it. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- they are what the caller knows of it
function getterOf<T, R>(prototype: object, key: PropertyKey): (self: T) => R {
  const { get } = getOwnPropertyDescriptor(prototype, key) as { get(this: T): R };
  return uncurryThis(get);
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it is what the caller knows of it
function viewGetter<R>(key: string): (view: ArrayBufferView) => R {
  const ofArray = getterOf<ArrayBufferView, R>(typedArray, key);
  const ofDataView = getterOf<ArrayBufferView, R>(DataView.prototype, key);
  return (view) => (isDataView(view) ? ofDataView(view) : ofArray(view));
}

export const descriptionOf: (symbol: symbol) => string | undefined = getterOf(
  Symbol.prototype,
  'description',
);
export const { toStringTag } = Symbol;
export const sourceOf: (pattern: RegExp) => string = getterOf(RegExp.prototype, 'source');
export const flagsOf: (pattern: RegExp) => string = getterOf(RegExp.prototype, 'flags');
/** The primitive value of a wrapper object. */
export const primitiveOf = {
  bigint: uncurryThis(BigInt.prototype.valueOf) as (wrapper: object) => bigint,
  boolean: uncurryThis(Boolean.prototype.valueOf) as (wrapper: object) => boolean,
  number: uncurryThis(Number.prototype.valueOf) as (wrapper: object) => number,
  string: uncurryThis(String.prototype.valueOf) as (wrapper: object) => string,
};
export const bufferOf = viewGetter<ArrayBufferLike>('buffer');
export const byteLengthOf = viewGetter<number>('byteLength');
export const byteOffsetOf = viewGetter<number>('byteOffset');
export const lengthOf: (view: ArrayBufferView) => number = getterOf(typedArray, 'length');
export const typedArrayName: (view: ArrayBufferView) => string = getterOf(typedArray, toStringTag);
export const sizeOf: (buffer: ArrayBuffer) => number = getterOf(
  ArrayBuffer.prototype,
  'byteLength',
);

/** A getter that only newer engines have; without it, the result is false. */
function flagOf(key: string): (buffer: ArrayBuffer) => boolean {
  if (!hasOwn(ArrayBuffer.prototype, key)) return () => false;
  return getterOf(ArrayBuffer.prototype, key);
}
export const isDetached = flagOf('detached');
export const isResizable = flagOf('resizable');

export const setBytes = uncurryThis(Uint8Array.prototype.set) as (
  target: Uint8Array,
  source: Uint8Array,
  offset?: number,
) => void;

export const runInThisContext = uncurryThis(Script.prototype.runInThisContext) as (
  script: Script,
) => unknown;

/** Methods of Node's buffers that are native and use no other property of `this`. */
interface NativeBuffer {
  latin1Slice(start: number, end: number): string;
  ucs2Slice(start: number, end: number): string;
  ucs2Write(text: string, offset: number, length: number): number;
  utf8Slice(start: number, end: number): string;
  utf8Write(text: string, offset: number, length: number): number;
}
const natives = Buffer.prototype as unknown as NativeBuffer;
type Slice = (bytes: Uint8Array, start: number, end: number) => string;
type Write = (bytes: Uint8Array, text: string, offset: number, length: number) => number;
export const latin1Slice = uncurryThis(natives.latin1Slice) as Slice;
export const ucs2Slice = uncurryThis(natives.ucs2Slice) as Slice;
export const ucs2Write = uncurryThis(natives.ucs2Write) as Write;
export const utf8Slice = uncurryThis(natives.utf8Slice) as Slice;
export const utf8Write = uncurryThis(natives.utf8Write) as Write;

/** Like {@link defineProperty}, but throws if the property can't be defined. */
export const mustDefine = Object.defineProperty as (
  target: object,
  key: PropertyKey,
  property: SafeDescriptor,
) => object;

/** Defines a data property. Its descriptor inherits nothing from `Object.prototype`. */
export function defineValue(
  object: object,
  key: PropertyKey,
  value: unknown,
  enumerable: boolean,
): void {
  defineProperty(object, key, {
    __proto__: null,
    value,
    writable: true,
    enumerable,
    configurable: true,
  });
}

/**
 * Copies the methods of a built-in class to a subclass, so that later patches of the built-in class have no effect
 * on it.
 */
function carryMethods<C extends { prototype: object }>(
  safe: C,
  original: { prototype: object },
): C {
  for (const key of ownKeys(original.prototype)) {
    if (key === 'constructor') continue;
    const property = getOwnPropertyDescriptor(original.prototype, key) as SafeDescriptor;
    setPrototypeOf(property, null);
    defineProperty(safe.prototype, key, property);
  }
  setPrototypeOf(safe.prototype, null);
  freeze(safe.prototype);
  return safe;
}

// The classes have explicit constructors, because a default constructor passes its arguments on through an iterator.
// The interfaces are declared here, so that `npm run primordials` can tell these classes from the built-in ones.

export interface SafeMap<K, V> {
  readonly size: number;
  clear(): void;
  delete(key: K): boolean;
  forEach(each: (value: V, key: K) => void): void;
  get(key: K): V | undefined;
  has(key: K): boolean;
  set(key: K, value: V): this;
}
export const SafeMap = carryMethods(
  class<K, V> extends Map<K, V> {
    // oxlint-disable-next-line no-useless-constructor
    constructor() {
      super();
    }
  },
  Map,
) as unknown as new <K, V>() => SafeMap<K, V>;

export interface SafeSet<T> {
  readonly size: number;
  add(item: T): this;
  clear(): void;
  delete(item: T): boolean;
  forEach(each: (item: T) => void): void;
  has(item: T): boolean;
}
export const SafeSet = carryMethods(
  class<T> extends Set<T> {
    // oxlint-disable-next-line no-useless-constructor
    constructor() {
      super();
    }
  },
  Set,
) as unknown as new <T>() => SafeSet<T>;

export interface SafeWeakMap<K extends WeakKey, V> {
  delete(key: K): boolean;
  get(key: K): V | undefined;
  has(key: K): boolean;
  set(key: K, value: V): this;
}
export const SafeWeakMap = carryMethods(
  class<K extends WeakKey, V> extends WeakMap<K, V> {
    // oxlint-disable-next-line no-useless-constructor
    constructor() {
      super();
    }
  },
  WeakMap,
) as unknown as new <K extends WeakKey, V>() => SafeWeakMap<K, V>;

/** A DataView with its own copies of the methods, as fast as the built-in one. */
export interface SafeDataView {
  readonly byteLength: number;
  getFloat64(at: number, littleEndian?: boolean): number;
  getInt32(at: number, littleEndian?: boolean): number;
  getInt8(at: number): number;
  getUint16(at: number, littleEndian?: boolean): number;
  getUint32(at: number, littleEndian?: boolean): number;
  getUint8(at: number): number;
  setFloat64(at: number, value: number, littleEndian?: boolean): void;
  setInt32(at: number, value: number, littleEndian?: boolean): void;
  setInt8(at: number, value: number): void;
  setUint16(at: number, value: number, littleEndian?: boolean): void;
  setUint32(at: number, value: number, littleEndian?: boolean): void;
  setUint8(at: number, value: number): void;
}
export const SafeDataView = carryMethods(
  class extends DataView<ArrayBufferLike> {
    // oxlint-disable-next-line no-useless-constructor
    constructor(memory: ArrayBufferLike, byteOffset?: number, byteLength?: number) {
      super(memory, byteOffset, byteLength);
    }
  },
  DataView,
) as unknown as new (
  memory: ArrayBufferLike,
  byteOffset?: number,
  byteLength?: number,
) => SafeDataView;

// Classes that a task may replace on the global object.
export const {
  AggregateError: TrueAggregateError,
  Array: TrueArray,
  ArrayBuffer: TrueArrayBuffer,
  BigInt: TrueBigInt,
  BigInt64Array: TrueBigInt64Array,
  BigUint64Array: TrueBigUint64Array,
  Buffer: TrueBuffer,
  DOMException: TrueDOMException,
  DataView: TrueDataView,
  Date: TrueDate,
  Error: TrueError,
  EvalError: TrueEvalError,
  Float32Array: TrueFloat32Array,
  Float64Array: TrueFloat64Array,
  Int16Array: TrueInt16Array,
  Int32Array: TrueInt32Array,
  Int8Array: TrueInt8Array,
  Map: TrueMap,
  Object: TrueObject,
  Promise: TruePromise,
  RangeError: TrueRangeError,
  ReferenceError: TrueReferenceError,
  RegExp: TrueRegExp,
  Set: TrueSet,
  SharedArrayBuffer: TrueSharedArrayBuffer,
  Symbol: TrueSymbol,
  SyntaxError: TrueSyntaxError,
  TypeError: TrueTypeError,
  URIError: TrueURIError,
  Uint16Array: TrueUint16Array,
  Uint32Array: TrueUint32Array,
  Uint8Array: TrueUint8Array,
  Uint8ClampedArray: TrueUint8ClampedArray,
} = globalThis;
/** Only newer engines have it. */
export const TrueSuppressedError = reflectGet(globalObject, 'SuppressedError') as unknown as
  | ErrorConstructor
  | undefined;
