/**
 * Writes values in the format of `data-format.ts`; the mirror of `data-reader.ts`.
 *
 * The receiver gets the same as from `structuredClone`, and more of errors: their class if both sides have it, and
 * their own properties. A value that can't be written is refused with a DataCloneError, as in cloning.
 */
import { inspect } from 'node:util';
import {
  isAnyArrayBuffer,
  isBigIntObject,
  isBooleanObject,
  isBoxedPrimitive,
  isDate,
  isGeneratorObject,
  isMap,
  isNativeError,
  isNumberObject,
  isPromise,
  isProxy,
  isRegExp,
  isSet,
  isSharedArrayBuffer,
  isStringObject,
  isWeakMap,
  isWeakSet,
} from 'node:util/types';
import { cannotLeave } from './clone.ts';
import { isError, knownClasses } from './error-classes.ts';
import { cannotBeAwaited } from './message.ts';
import { isDense } from './plainness.ts';
import { isNativePrototype, isThenablePrototype } from './survey.ts';
import {
  bigIntToString,
  bufferOf,
  byteLengthOf,
  byteOffsetOf,
  flagsOf,
  getPrototypeOf,
  getTime,
  hasOwn,
  includes,
  isArray,
  isView,
  lengthOf,
  mapForEach,
  objectKeys,
  primitiveOf,
  reflectGet,
  SafeMap,
  setForEach,
  sizeOf,
  sourceOf,
  TrueBuffer,
  TrueDOMException,
  TrueUint8Array,
} from '../util/primordials.ts';
import { className } from '../util/validate.ts';
import {
  errorFields,
  hiddenFields,
  type Item,
  NodeKind,
  type Node,
  Special,
  type WrittenData,
} from './data-format.ts';
import { effortOf, MOST_EFFORT } from './pattern-effort.ts';
import { viewName } from './view-classes.ts';

/** Returns the index of a function in the call's list of functions; undefined if the function has no name there. */
export type FunctionNamer = (fn: object) => number | undefined;

/**
 * The size of the memory that Node's small buffers share. It is measured and not computed: some releases make it
 * longer than `Buffer.poolSize`. If the program has set `Buffer.poolSize` to 0, no small buffer has this size.
 */
const poolSize = sizeOf(TrueBuffer.allocUnsafe(1).buffer);
const noFunctions: FunctionNamer = () => undefined;

/**
 * @param nameFunction - for functions in the value. Without it, the value may not contain any.
 * @throws DataCloneError, or the error of a getter.
 */
export function writeData(value: unknown, nameFunction = noFunctions): WrittenData {
  return new DataWriter(nameFunction).write(value);
}

class DataWriter {
  readonly #nodes: Node[] = [];
  readonly #bytes: Uint8Array[] = [];
  readonly #numbers = new SafeMap<object, number>();
  /** Objects that have a number, but no node so far. */
  readonly #objects: (object | undefined)[] = [];
  readonly #nameFunction: FunctionNamer;
  /** The effort of its regular expressions so far. */
  #effort = 0;
  /**
   * True if the writer only tests whether a value can be written. Properties of errors are left out then: errors can
   * always be written.
   */
  readonly #isTrial: boolean;

  constructor(nameFunction: FunctionNamer, isTrial = false) {
    this.#nameFunction = nameFunction;
    this.#isTrial = isTrial;
  }

  write(value: unknown): WrittenData {
    const root = this.#item(value);
    // The list grows during the loop.
    for (let number = 0; number < this.#objects.length; number++) {
      const object = this.#objects[number];
      if (object !== undefined) this.#nodes[number] = this.#node(object);
    }
    return { table: [root, ...this.#nodes], bytes: this.#bytes };
  }

  #item(value: unknown): Item {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        return numberItem(value);
      case 'undefined':
        return [Special.Undefined];
      case 'bigint': {
        const number = this.#objects.length;
        this.#objects[number] = undefined;
        this.#nodes[number] = [NodeKind.BigInt, bigIntToString(value, 16)];
        return [number];
      }
      case 'symbol':
        throw uncloneable(inspect(value));
      default:
        return value === null ? null : this.#reference(value as object);
    }
  }

  /** @throws DataCloneError if it can't be written. */
  #reference(object: object): Item {
    let number = this.#numbers.get(object);
    if (number === undefined) {
      if (typeof object === 'function') return this.#function(object);
      number = this.#objects.length;
      this.#objects[number] = object;
      this.#numbers.set(object, number);
    }
    return [number];
  }

  #function(fn: object): Item {
    const index = isProxy(fn) ? undefined : this.#nameFunction(fn);
    if (index === undefined) throw uncloneable(inspect(fn));
    const number = this.#objects.length;
    this.#objects[number] = undefined;
    this.#nodes[number] = [NodeKind.Function, index];
    this.#numbers.set(fn, number);
    return [number];
  }

  #node(object: object): Node {
    if (isProxy(object)) throw uncloneable('A Proxy');
    if (isArray(object)) return this.#array(object);
    if (isView(object)) return this.#view(object);
    if (isAnyArrayBuffer(object)) return this.#buffer(object);
    if (isMap(object)) {
      const node: [string, ...Item[]] = [NodeKind.Map];
      mapForEach(object, (value, key) => {
        node[node.length] = this.#item(key);
        node[node.length] = this.#item(value);
      });
      return node;
    }
    if (isSet(object)) {
      const node: [string, ...Item[]] = [NodeKind.Set];
      setForEach(object, (item) => {
        node[node.length] = this.#item(item);
      });
      return node;
    }
    if (isDate(object)) {
      const time = getTime(object);
      return [NodeKind.Date, time === time ? time : null];
    }
    if (isRegExp(object)) return this.#regExp(object);
    if (isNativeError(object) || isError(object)) return this.#error(object);
    if (isBigIntObject(object))
      return [NodeKind.BigIntWrapper, bigIntToString(primitiveOf.bigint(object), 16)];
    if (isBoxedPrimitive(object)) return [NodeKind.Wrapper, this.#item(unwrapped(object))];
    refuseUncloneable(object);
    const node: [string, ...Item[]] = [NodeKind.Object];
    this.#entries(node, object, objectKeys(object));
    return node;
  }

  #regExp(regExp: RegExp): Node {
    const source = sourceOf(regExp);
    const flags = flagsOf(regExp);
    this.#effort += effortOf(source, flags);
    if (this.#effort > MOST_EFFORT)
      throw uncloneable(
        'Regular expressions with so many \\p{…} that reading them would take seconds',
      );
    return [NodeKind.RegExp, source, flags];
  }

  #entries(node: unknown[], object: object, keys: readonly string[]): void {
    for (let k = 0; k < keys.length; k++) {
      const key = keys[k] as string;
      node[node.length] = key;
      node[node.length] = this.#item(reflectGet(object, key));
    }
  }

  #array(array: readonly unknown[]): Node {
    const { length } = array;
    if (!isDense(array)) {
      const node: [string, ...unknown[]] = [NodeKind.Sparse, length];
      this.#entries(node, array, objectKeys(array));
      return node;
    }
    const node: [string, ...Item[]] = [NodeKind.Array];
    for (let i = 0; i < length; i++) node[i + 1] = this.#item(array[i]);
    return node;
  }

  #buffer(buffer: ArrayBufferLike): Node {
    if (isSharedArrayBuffer(buffer)) throw cannotLeave(buffer);
    const length = sizeOf(buffer);
    try {
      this.#bytes[this.#bytes.length] = new TrueUint8Array(buffer, 0, length);
    } catch {
      throw uncloneable('An ArrayBuffer that was moved away');
    }
    return [NodeKind.Buffer, length];
  }

  #view(view: ArrayBufferView): Node {
    const buffer = bufferOf(view);
    if (isSharedArrayBuffer(buffer)) throw cannotLeave(buffer);
    const name = viewName(view);
    const length = name === 'DataView' ? byteLengthOf(view) : lengthOf(view);
    if (!isPooled(view, buffer)) {
      const [number] = this.#reference(buffer) as readonly [number];
      return [NodeKind.View, name, number, byteOffsetOf(view), length];
    }
    // Only its own part: the rest of that memory does not belong to the call.
    const number = this.#objects.length;
    this.#objects[number] = undefined;
    this.#nodes[number] = [NodeKind.Buffer, length];
    this.#bytes[this.#bytes.length] = new TrueUint8Array(buffer, byteOffsetOf(view), length);
    return [NodeKind.View, name, number, 0, length];
  }

  #error(error: Error): Node {
    const node: [string, ...unknown[]] = [
      NodeKind.Error,
      attempt(() => knownClasses(error)) ?? [],
      text(error, 'name', 'Error'),
      text(error, 'message', 'An error that cannot be described.'),
      text(error, 'stack', ''),
    ];
    if (this.#isTrial) return node;
    const keys = attempt(() => objectKeys(error)) ?? [];
    for (let k = 0; k < keys.length; k++) this.#errorEntry(node, error, keys[k] as string);
    for (let k = 0; k < hiddenFields.length; k++) {
      const key = hiddenFields[k] as string;
      if (hasOwn(error, key) && !includes(keys, key)) this.#errorEntry(node, error, key);
    }
    return node;
  }

  /** A property that can't be written or read becomes a text: the failure itself always arrives. */
  #errorEntry(node: unknown[], error: Error, key: string): void {
    if (includes(errorFields, key)) return;
    let value: unknown;
    try {
      value = reflectGet(error, key);
      if (typeof value === 'function' || typeof value === 'symbol') value = inspect(value);
      else if (
        typeof value === 'object' &&
        value !== null &&
        !isNativeError(value) &&
        !isError(value)
      )
        new DataWriter(this.#nameFunction, true).write(value);
    } catch {
      value = attempt(() => inspect(value)) ?? 'a value that cannot be described';
    }
    node[node.length] = key;
    node[node.length] = this.#item(value);
  }
}

function numberItem(value: number): Item {
  if (value === 0 && 1 / value < 0) return [Special.NegativeZero];
  if (value - value === 0) return value;
  if (value !== value) return [Special.NaN];
  return [value > 0 ? Special.Infinity : Special.NegativeInfinity];
}

/** True for one of Node's small buffers. */
function isPooled(view: ArrayBufferView, buffer: ArrayBufferLike): boolean {
  return (
    getPrototypeOf(view) === TrueBuffer.prototype &&
    sizeOf(buffer as ArrayBuffer) === poolSize &&
    byteLengthOf(view) < poolSize
  );
}

function unwrapped(object: object): unknown {
  if (isNumberObject(object)) return primitiveOf.number(object);
  if (isStringObject(object)) return primitiveOf.string(object);
  if (isBooleanObject(object)) return primitiveOf.boolean(object);
  throw uncloneable(inspect(object));
}

/** @throws DataCloneError for an object whose state is not in its properties. */
function refuseUncloneable(object: object): void {
  if (isPromise(object) || isWeakMap(object) || isWeakSet(object) || isGeneratorObject(object))
    throw uncloneable(`#<${className(object)}>`);
  const prototype = getPrototypeOf(object);
  if (prototype === null) return;
  if (isNativePrototype(prototype)) throw cannotLeave(object);
  if (isThenablePrototype(prototype)) throw cannotBeAwaited(object);
}

function uncloneable(what: string): DOMException {
  return new TrueDOMException(`${what} could not be cloned.`, 'DataCloneError');
}

/** @param otherwise - the substitute for a text that can't be read. */
function text(error: Error, key: string, otherwise: string): string {
  const value: unknown = attempt(() => reflectGet(error, key));
  if (typeof value === 'string') return value;
  return value === undefined ? '' : (attempt(() => inspect(value)) ?? otherwise);
}

function attempt<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch {
    return undefined;
  }
}
