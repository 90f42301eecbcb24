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
  getPrototypeOf,
  ownKeys,
  set: reflectSet,
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
export const exitProcess = (code: number): never => apply(exit, truth, [code]);
/** The stream as it is on the true `process`, looked up when it is needed: making one takes time. */
export const standardStream = (name: 'stdout' | 'stderr'): NodeJS.WriteStream =>
  reflectGet(truth, name) as NodeJS.WriteStream;
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

/** Gives a subclass of a built-in class methods of its own, which later patches of the built-in do not reach. */
function carryMethods<C extends { prototype: object }>(
  safe: C,
  original: { prototype: object },
): C {
  for (const key of ownKeys(original.prototype)) {
    if (key === 'constructor') continue;
    const property = Object.getOwnPropertyDescriptor(original.prototype, key) as PropertyDescriptor;
    defineProperty(safe.prototype, key, property);
  }
  Object.setPrototypeOf(safe.prototype, null);
  freeze(safe.prototype);
  return safe;
}

export const SafeMap: typeof Map = carryMethods(class SafeMap<K, V> extends Map<K, V> {}, Map);
export const SafeSet: typeof Set = carryMethods(class SafeSet<T> extends Set<T> {}, Set);
export const SafeWeakMap: typeof WeakMap = carryMethods(
  class SafeWeakMap<K extends WeakKey, V> extends WeakMap<K, V> {},
  WeakMap,
);

// Values whose classes a task may replace on the global object.
export const {
  AggregateError: TrueAggregateError,
  Array: TrueArray,
  DataView: TrueDataView,
  Error: TrueError,
  Float64Array: TrueFloat64Array,
  Int32Array: TrueInt32Array,
  Promise: TruePromise,
  SharedArrayBuffer: TrueSharedArrayBuffer,
  TypeError: TrueTypeError,
  Uint8Array: TrueUint8Array,
} = globalThis;
