/**
 * What has to be known of a value before it is cloned, all found in one go.
 *
 *  - Objects that live in native code: blobs, keys, streams, shared memory. Only threads of one process can
 *    pass them to each other. V8's serializer refuses them in Node 20. Newer versions implement many of
 *    them in JavaScript, where the serializer sees an object with nothing in it, and the receiver would
 *    get `{}` without a word. They are told by the methods that Node's own messages between threads clone
 *    them with.
 *  - Promises, futures and other instances with a `then`. What they stand for is not in their properties,
 *    so of most of them the receiver would get `{}` as well.
 *  - How deep it is nested. Cloning is recursive and ends with the stack, of which a receiver may have less
 *    than the sender: a worker thread has four times as much as the thread that has started it.
 */
import {
  isAnyArrayBuffer,
  isMap,
  isNativeError,
  isProxy,
  isSet,
  isSharedArrayBuffer,
} from 'node:util/types';
import {
  bufferOf,
  descriptionOf,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  includes,
  isArray,
  isView,
  mapForEach,
  objectKeys,
  ownKeys,
  reflectGet,
  SafeSet,
  SafeWeakMap,
  setForEach,
  toStringTag,
  TrueArray,
  TrueDate,
  TrueError,
  TrueMap,
  TrueObject,
  TrueRegExp,
  TrueSet,
} from '../util/primordials.ts';
import { hasOwnThen } from '../util/thenable.ts';

/** How deep a value may be nested to be cloned as it is: far from where any stack ends. */
const MOST_LEVELS = 200;
/** Lengths of arrays between which it is better to go by index; beyond, there may be a billion holes. */
const FEW = 1024;
const MANY = 4_000_000;

const hooks = ['messaging_clone_symbol', 'messaging_transfer_list_symbol'];
/** Others whose state can't be seen, by what they call themselves; looking their classes up would load them. */
const opaque = [
  'Blob',
  'CryptoKey',
  'URL',
  'URLSearchParams',
  'Headers',
  'FormData',
  'Request',
  'Response',
  'WebAssembly.Module',
];

const OPEN = 0;
const NATIVE = 1;
const THENABLE = 2;
type Verdict = typeof OPEN | typeof NATIVE | typeof THENABLE;

const objectPrototype: object = TrueObject.prototype;
const verdicts = new SafeWeakMap<object, Verdict>();
const openClasses = [TrueObject, TrueArray, TrueMap, TrueSet, TrueDate, TrueRegExp, TrueError];
for (let i = 0; i < openClasses.length; i++)
  verdicts.set((openClasses[i] as { prototype: object }).prototype, OPEN);

export interface Survey {
  /** An object that only threads of one process can pass to each other: the value, or one inside. */
  readonly native: object | undefined;
  readonly thenable: object | undefined;
  /** Whether it is nested too deep to be cloned as it is. */
  readonly isDeep: boolean;
}

const nothing: Survey = { native: undefined, thenable: undefined, isDeep: false };

/** Runs getters, as cloning does. Never throws. */
export function survey(value: unknown): Survey {
  return typeof value === 'object' && value !== null ? new Walk().from(value) : nothing;
}

class Walk implements Survey {
  native: object | undefined = undefined;
  thenable: object | undefined = undefined;
  isDeep = false;
  /** What is to be looked at; in front what was found first, as cloning goes, and so at the same level. */
  readonly #open: object[] = [];
  readonly #levels: number[] = [];
  #size = 0;

  from(value: object): this {
    const seen = new SafeSet<object>();
    this.#push(value);
    this.#levels[0] = 1;
    while (this.#size > 0) {
      const at = --this.#size;
      const object = this.#open[at] as object;
      const level = this.#levels[at] as number;
      if (seen.has(object)) continue;
      seen.add(object);
      if (level > MOST_LEVELS) this.isDeep = true;
      if (isProxy(object)) continue;
      try {
        this.#look(object);
      } catch {
        // A getter has thrown. It does so for the serializer, too, which tells why.
      }
      this.#turnOver(at, level + 1);
    }
    return this;
  }

  #look(object: object): void {
    const prototype = getPrototypeOf(object);
    if (prototype === objectPrototype) {
      this.#properties(object);
      return;
    }
    if (isArray(object)) {
      this.#elements(object);
      return;
    }
    const isBytes = isView(object);
    if (isBytes || isAnyArrayBuffer(object)) {
      const buffer = isBytes ? bufferOf(object) : object;
      // Bun's serializer copies what is shared, without a word.
      if (isSharedArrayBuffer(buffer)) this.native ??= buffer;
      return;
    }
    const verdict = prototype === null ? OPEN : verdictOn(prototype);
    if (verdict === NATIVE) this.native ??= object;
    else if (verdict === THENABLE) this.thenable ??= object;
    // Of an error nothing else is cloned.
    else if (isNativeError(object)) this.#push(reflectGet(object, 'cause'));
    else if (isMap(object)) mapForEach(object, this.#pushEntry);
    else if (isSet(object)) setForEach(object, this.#pushItem);
    else this.#properties(object);
  }

  #properties(object: object): void {
    const keys = objectKeys(object);
    for (let k = 0; k < keys.length; k++) this.#push(reflectGet(object, keys[k] as string));
  }

  /** By index, because the keys of a long array are as many strings. Properties beside them are let pass. */
  #elements(array: readonly unknown[]): void {
    const { length } = array;
    if (length <= FEW || length >= MANY) this.#properties(array);
    else for (let i = 0; i < length; i++) this.#push(array[i]);
  }

  readonly #pushItem = (item: unknown): void => this.#push(item);

  readonly #pushEntry = (item: unknown, key: unknown): void => {
    this.#push(key);
    this.#push(item);
  };

  #push(value: unknown): void {
    if (typeof value === 'object' && value !== null) this.#open[this.#size++] = value;
  }

  /** What was pushed first is to be looked at first. */
  #turnOver(from: number, level: number): void {
    const open = this.#open;
    for (let low = from, high = this.#size - 1; low < high; low++, high--) {
      const kept = open[low] as object;
      open[low] = open[high] as object;
      open[high] = kept;
    }
    for (let i = from; i < this.#size; i++) this.#levels[i] = level;
  }
}

/** Whether what has this prototype lives in native code, and how. */
export function isNativePrototype(prototype: object): boolean {
  return verdictOn(prototype) === NATIVE;
}

/** Whether what has this prototype is to be awaited. */
export function isThenablePrototype(prototype: object): boolean {
  return verdictOn(prototype) === THENABLE;
}

function verdictOn(prototype: object): Verdict {
  const known = verdicts.get(prototype);
  if (known !== undefined) return known;
  if (isProxy(prototype)) return OPEN;
  const above = getPrototypeOf(prototype);
  const verdict = hasOwnThen(prototype)
    ? THENABLE
    : hasHook(prototype) || includes(opaque, ownValue(prototype, toStringTag))
      ? NATIVE
      : above === null
        ? OPEN
        : verdictOn(above);
  verdicts.set(prototype, verdict);
  return verdict;
}

function hasHook(prototype: object): boolean {
  const keys = ownKeys(prototype);
  for (let k = 0; k < keys.length; k++) {
    const key = keys[k];
    if (typeof key === 'symbol' && includes(hooks, descriptionOf(key))) return true;
  }
  return false;
}

function ownValue(object: object, key: PropertyKey): unknown {
  const property = getOwnPropertyDescriptor(object, key);
  return property !== undefined && hasOwn(property, 'value') ? property.value : undefined;
}
