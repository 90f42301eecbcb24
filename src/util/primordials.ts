/**
 * What the runtime in a worker needs of the language and of Node, taken before the first line of user code runs.
 *
 * A task shares its thread with the loop that runs it, and may do there what it likes: leave fake timers on, stub
 * `process.exit`, patch `Array.prototype`, freeze or delete what it finds. None of that may change what happens to
 * other calls. So code that runs in a worker never looks up a global, nor a method of a built-in class, at the moment
 * of use: it imports from here. `npm run primordials` checks that.
 *
 * Rules for such code:
 *
 *  - functions of the language and of Node by the names below; methods as functions whose first argument is `this`;
 *  - `SafeMap`, `SafeSet` and `SafeWeakMap` instead of the collections: they carry their own methods;
 *  - arrays by index: no `push`, no `for … of`, no spreading into calls, no destructuring of arrays, each of which asks a
 *    prototype that a task may have patched;
 *  - `await` and async functions are safe: the language resolves promises without asking `Promise.prototype`;
 *  - Node's modules may be imported by name: `scripts/bundle.mjs` takes what is imported when the script is loaded.
 */
import { isDataView } from 'node:util/types';
import { Script } from 'node:vm';

const { bind, call } = Function.prototype;

/** Turns a method into a function that takes `this` as its first argument. */
export const uncurryThis = bind.bind(call) as <T, A extends unknown[], R>(
  method: (this: T, ...args: A) => R,
) => (self: T, ...args: A) => R;

export const {
  apply,
  construct,
  defineProperty,
  deleteProperty,
  get: reflectGet,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  ownKeys,
  set: reflectSet,
  setPrototypeOf,
} = Reflect;

export const {
  add: atomicsAdd,
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
export const { freeze, hasOwn, keys: objectKeys } = Object;
export const { clz32, imul, max, min } = Math;
export const { allocUnsafeSlow, byteLength: bufferByteLength, from: bufferFrom } = Buffer;
export const { fromCharCode } = String;
export const { stringify } = JSON;

export const { clearTimeout, queueMicrotask, setImmediate, setTimeout, structuredClone } =
  globalThis;

const { hrtime } = process;

/** Milliseconds on a clock that only goes forward. Not `performance.now`, which takes a new worker a millisecond to load. */
export function now(): number {
  const time = hrtime();
  return (time[0] as number) * 1e3 + (time[1] as number) / 1e6;
}

const truth = process;
const { exit, kill, on, once, pid } = process;

/** Ends this thread or process, running its exit handlers, whatever a task has put in place of `process.exit`. */
export const exitProcess = (code: number): never => apply(exit, truth, [code]) as never;
export const killSelf = (signal: NodeJS.Signals): unknown => apply(kill, truth, [pid, signal]);
type Listener = (...args: never[]) => void;
export const onProcess = (event: string, listener: Listener): unknown =>
  apply(on, truth, [event, listener]);
export const onceProcess = (event: string, listener: Listener): unknown =>
  apply(once, truth, [event, listener]);

export const arraySlice = uncurryThis(Array.prototype.slice) as <T>(
  list: readonly T[],
  start?: number,
  end?: number,
) => T[];
export const subarray = uncurryThis(Uint8Array.prototype.subarray) as (
  bytes: Uint8Array,
  start?: number,
  end?: number,
) => Uint8Array;

export const bigIntToString = uncurryThis(BigInt.prototype.toString);
export const getTime = uncurryThis(Date.prototype.getTime);
export const charCodeAt = uncurryThis(String.prototype.charCodeAt);
export const isWellFormed = uncurryThis(String.prototype.isWellFormed);
export const lastIndexOf = uncurryThis(String.prototype.lastIndexOf);
export const regExpExec = uncurryThis(RegExp.prototype.exec);
export const stringSlice = uncurryThis(String.prototype.slice);

export const mapForEach = uncurryThis(Map.prototype.forEach) as <K, V>(
  map: ReadonlyMap<K, V>,
  each: (value: V, key: K) => void,
) => void;
export const mapGet = uncurryThis(Map.prototype.get) as <K, V>(
  map: ReadonlyMap<K, V>,
  key: K,
) => V | undefined;
export const mapSet = uncurryThis(Map.prototype.set) as <K, V>(
  map: Map<K, V>,
  key: K,
  value: V,
) => Map<K, V>;
export const setAdd = uncurryThis(Set.prototype.add) as <T>(set: Set<T>, value: T) => Set<T>;
export const setForEach = uncurryThis(Set.prototype.forEach) as <T>(
  set: ReadonlySet<T>,
  each: (value: T) => void,
) => void;

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** What a getter of a built-in class tells, also where a property of the object's own hides it. */
function getterOf<T, R>(prototype: object, key: string): (self: T) => R {
  const { get } = getOwnPropertyDescriptor(prototype, key) as { get(this: T): R };
  return uncurryThis(get);
}

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
export const bufferOf = viewGetter<ArrayBufferLike>('buffer');
export const byteLengthOf = viewGetter<number>('byteLength');
export const byteOffsetOf = viewGetter<number>('byteOffset');
export const lengthOf: (view: ArrayBufferView) => number = getterOf(typedArray, 'length');
export const setBytes = uncurryThis(Uint8Array.prototype.set) as (
  target: Uint8Array,
  source: Uint8Array,
  offset?: number,
) => void;

export const runInThisContext = uncurryThis(Script.prototype.runInThisContext) as (
  script: Script,
) => unknown;

/** What Node's buffers do by themselves, without asking `this` for anything. */
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
// oxlint-disable typescript/unbound-method -- they are taken to be given their `this` later
export const latin1Slice = uncurryThis(natives.latin1Slice) as Slice;
export const ucs2Slice = uncurryThis(natives.ucs2Slice) as Slice;
export const ucs2Write = uncurryThis(natives.ucs2Write) as Write;
export const utf8Slice = uncurryThis(natives.utf8Slice) as Slice;
export const utf8Write = uncurryThis(natives.utf8Write) as Write;
// oxlint-enable typescript/unbound-method

/** Defines a property; its descriptor has nothing of what somebody may have put on `Object.prototype`. */
export function defineValue(
  object: object,
  key: PropertyKey,
  value: unknown,
  enumerable: boolean,
): void {
  const property = { __proto__: null, value, writable: true, enumerable, configurable: true };
  defineProperty(object, key, property as PropertyDescriptor);
}

/** Gives a subclass of a built-in class methods of its own, which later patches of the built-in do not reach. */
function carryMethods<C extends { prototype: object }>(
  safe: C,
  original: { prototype: object },
): C {
  for (const key of ownKeys(original.prototype)) {
    if (key === 'constructor') continue;
    const property = getOwnPropertyDescriptor(original.prototype, key) as PropertyDescriptor;
    setPrototypeOf(property, null);
    defineProperty(safe.prototype, key, property);
  }
  setPrototypeOf(safe.prototype, null);
  freeze(safe.prototype);
  return safe;
}

export const SafeMap: typeof Map = carryMethods(class SafeMap<K, V> extends Map<K, V> {}, Map);
export const SafeSet: typeof Set = carryMethods(class SafeSet<T> extends Set<T> {}, Set);
export const SafeWeakMap: typeof WeakMap = carryMethods(
  class SafeWeakMap<K extends WeakKey, V> extends WeakMap<K, V> {},
  WeakMap,
);

/** A DataView that carries its own methods, as fast as any. */
export const SafeDataView: typeof DataView = carryMethods(
  class SafeDataView<B extends ArrayBufferLike> extends DataView<B> {},
  DataView,
);

// Values whose classes a task may replace on the global object.
export const {
  AggregateError: TrueAggregateError,
  Array: TrueArray,
  ArrayBuffer: TrueArrayBuffer,
  BigInt: TrueBigInt,
  Buffer: TrueBuffer,
  DOMException: TrueDOMException,
  DataView: TrueDataView,
  Date: TrueDate,
  Error: TrueError,
  Float64Array: TrueFloat64Array,
  Int32Array: TrueInt32Array,
  Map: TrueMap,
  Object: TrueObject,
  Promise: TruePromise,
  RegExp: TrueRegExp,
  Set: TrueSet,
  SharedArrayBuffer: TrueSharedArrayBuffer,
  TypeError: TrueTypeError,
  Uint8Array: TrueUint8Array,
} = globalThis;
