/**
 * Collects facts about a value before it is cloned, in one walk.
 *
 * - Objects with state in native code: blobs, keys, streams, shared memory. Only threads of one process can pass
 *   them to each other. V8's serializer refuses them in Node 20. Newer versions implement many of them in
 *   JavaScript, where the serializer finds an object without properties, and the receiver would get `{}` without an
 *   error. They are recognized by the methods with which Node's own messages between threads clone them.
 * - Promises, futures and other instances with a `then`. Their value is not in their properties, so for most of them
 *   the receiver would get `{}`, too.
 * - The depth of nesting. Cloning is recursive and fails when the stack overflows. A receiver may have less stack
 *   than the sender: a worker thread has four times as much as the thread that has started it.
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
import { LONG_ARRAY, MOST_LEVELS_CLONED, objectPrototype } from './plainness.ts';

/** From this length on an array is asked for its keys again: there may be a billion holes. */
const MANY = 4_000_000;

const hooks = ['messaging_clone_symbol', 'messaging_transfer_list_symbol'];
/** Other classes with hidden state, by their tags: looking the classes up would load them. */
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

const verdicts = new SafeWeakMap<object, Verdict>();
const openClasses = [TrueObject, TrueArray, TrueMap, TrueSet, TrueDate, TrueRegExp, TrueError];
for (let i = 0; i < openClasses.length; i++)
  verdicts.set((openClasses[i] as { prototype: object }).prototype, OPEN);

export interface Survey {
  /** An object that only threads of one process can pass to each other: the value, or an object inside. */
  readonly native: object | undefined;
  readonly thenable: object | undefined;
  /** True if the value is nested too deep to be cloned unchanged. */
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
  /**
   * The objects to visit. The first ones were found first, as in cloning, so that levels are equal to those of
   * cloning.
   */
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
      if (level > MOST_LEVELS_CLONED) this.isDeep = true;
      if (isProxy(object)) continue;
      try {
        this.#look(object);
      } catch {
        // A getter has thrown. It also throws in the serializer, which reports the error.
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
      // Bun's serializer copies shared memory without an error.
      if (isSharedArrayBuffer(buffer)) this.native ??= buffer;
      return;
    }
    const verdict = prototype === null ? OPEN : verdictOn(prototype);
    if (verdict === NATIVE) this.native ??= object;
    else if (verdict === THENABLE) this.thenable ??= object;
    // Cloning copies nothing else of an error.
    else if (isNativeError(object)) this.#push(reflectGet(object, 'cause'));
    else if (isMap(object)) mapForEach(object, this.#pushEntry);
    else if (isSet(object)) setForEach(object, this.#pushItem);
    else this.#properties(object);
  }

  #properties(object: object): void {
    const keys = objectKeys(object);
    for (let k = 0; k < keys.length; k++) this.#push(reflectGet(object, keys[k] as string));
  }

  /** By index, because the keys of a long array are as many strings. Other properties of the array are not visited. */
  #elements(array: readonly unknown[]): void {
    const { length } = array;
    if (length <= LONG_ARRAY || length >= MANY) this.#properties(array);
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

  /** Reverses the objects that were pushed last, so that the first one is visited first. */
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

/** True if objects with this prototype have state in native code. */
export function isNativePrototype(prototype: object): boolean {
  return verdictOn(prototype) === NATIVE;
}

/** True if objects with this prototype have to be awaited. */
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
