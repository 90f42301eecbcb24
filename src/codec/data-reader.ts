/**
 * Reads values in the format of `data-format.ts` from untrusted senders.
 *
 *     table -> a value for each node, by its kind -> the parts of those that have parts -> the root
 *
 * Nothing in the table is trusted. Each node is checked by the function that creates its value, and an unknown kind
 * is refused. Reading takes time and memory in proportion to the size of the input, and no stack. There is one
 * exception: engines find numeric keys of maps and sets by a hash that anybody can compute, so a sender can choose
 * keys such that each takes time in proportion to the number of keys before it.
 */
import { BrokenCluster } from '../errors.ts';
import { type KnownClass, isOfEveryProgram, withoutStacks } from './error-classes.ts';
import { makeError } from './error-envelope.ts';
import {
  defineValue,
  includes,
  isArray,
  isInteger,
  mapSet,
  matches,
  setAdd,
  setBytes,
  stringSlice,
  subarray,
  TrueArray,
  TrueArrayBuffer,
  TrueBigInt,
  TrueDate,
  TrueMap,
  TrueObject,
  TrueRegExp,
  TrueSet,
  TrueUint8Array,
} from '../util/primordials.ts';
import { errorFields, hiddenFields, NodeKind, Special } from './data-format.ts';
import { effortOf, MOST_EFFORT } from './pattern-effort.ts';
import { arrayOfLength, isHighIndex, scatter } from './scattered-items.ts';
import { viewClassNamed } from './view-classes.ts';

/** The result of `JSON.parse` for a node: a list of unknown content. */
type Given = readonly unknown[];

const DIGITS = /^-?[0-9a-f]+$/;
const MOST_ITEMS = 2 ** 32 - 1;
const MOST_BYTES = 2 ** 53;
/** The limit of maps and sets in engines. */
const MOST_ENTRIES = 2 ** 24;
/** Index in an error's node at which its properties begin. */
const ERROR_ENTRIES = 5;
const objectPrototype = TrueObject.prototype;

/**
 * @param table - the parsed JSON.
 * @param bytes - the contents of its buffers.
 * @param functions - the functions that it may refer to, by number.
 * @throws BrokenCluster (`ERR_FORMAT`) if the input does not follow the format.
 */
export function readData(table: unknown, bytes: Uint8Array, functions: Given = []): unknown {
  if (!isArray(table) || table.length === 0) throw malformed('there is no table');
  return withoutStacks(() => new DataReader(table, bytes, functions).read());
}

class DataReader {
  readonly #table: Given;
  readonly #bytes: Uint8Array;
  readonly #functions: Given;
  /** The values of the nodes, by number. */
  readonly #values: unknown[];
  /** Number of bytes that have been given to buffers. */
  #taken = 0;
  /** The effort of its regular expressions so far. */
  #effort = 0;

  constructor(table: Given, bytes: Uint8Array, functions: Given) {
    this.#table = table;
    this.#bytes = bytes;
    this.#functions = functions;
    this.#values = new TrueArray<unknown>(table.length - 1);
  }

  read(): unknown {
    const count = this.#values.length;
    // Views are created after their buffers, which may have higher numbers.
    const views: number[] = [];
    for (let number = 0; number < count; number++) {
      const node = this.#node(number);
      if (node[0] === NodeKind.View) views[views.length] = number;
      else this.#values[number] = this.#begun(node);
    }
    if (this.#taken !== this.#bytes.length) throw malformed('it has more bytes than buffers');
    for (let i = 0; i < views.length; i++)
      this.#values[views[i] as number] = this.#view(this.#node(views[i] as number));
    for (let number = 0; number < count; number++) this.#fill(number, this.#node(number));
    return this.#item(this.#table[0]);
  }

  #node(number: number): Given {
    const node = this.#table[number + 1];
    if (!isArray(node)) throw malformed('a node is no list');
    return node;
  }

  /** The value of a node, without its parts. */
  #begun(node: Given): unknown {
    switch (node[0]) {
      case NodeKind.Object:
        return {};
      case NodeKind.Array:
        return new TrueArray<unknown>(node.length - 1);
      case NodeKind.Sparse:
        return sparse(node);
      case NodeKind.Map:
        return new TrueMap();
      case NodeKind.Set:
        return new TrueSet();
      case NodeKind.Date:
        return date(node);
      case NodeKind.RegExp:
        return this.#regExp(node);
      case NodeKind.BigInt:
        return bigInt(node);
      case NodeKind.Wrapper:
        return new TrueObject(primitive(node[1]));
      case NodeKind.BigIntWrapper:
        return new TrueObject(bigInt(node));
      case NodeKind.Buffer:
        return this.#buffer(node);
      case NodeKind.Error:
        return error(node);
      case NodeKind.Function:
        return this.#function(node);
      default:
        throw malformed('a node is of an unknown kind');
    }
  }

  #regExp(node: Given): RegExp {
    const source = node[1];
    const flags = node[2];
    if (typeof source !== 'string' || typeof flags !== 'string')
      throw malformed('a regular expression is no text');
    this.#effort += effortOf(source, flags);
    if (this.#effort > MOST_EFFORT)
      throw malformed('regular expressions have too many classes of characters');
    try {
      return new TrueRegExp(source, flags);
    } catch {
      throw malformed('a regular expression is invalid');
    }
  }

  #buffer(node: Given): ArrayBuffer {
    const length = node[1];
    const from = this.#taken;
    if (!isCount(length, this.#bytes.length - from))
      throw malformed('a buffer has more bytes than there are');
    const buffer = new TrueArrayBuffer(length);
    setBytes(new TrueUint8Array(buffer), subarray(this.#bytes, from, from + length));
    this.#taken = from + length;
    return buffer;
  }

  #view(node: Given): ArrayBufferView {
    const name = node[1];
    const number = node[2];
    const make = typeof name === 'string' ? viewClassNamed(name) : undefined;
    if (make === undefined) throw malformed('a view is of an unknown class');
    if (!isCount(number, this.#values.length - 1) || this.#node(number)[0] !== NodeKind.Buffer)
      throw malformed('a view is of no buffer');
    if (!isCount(node[3], MOST_BYTES) || !isCount(node[4], MOST_BYTES))
      throw malformed('the offset or length of a view is invalid');
    try {
      return new make(this.#values[number] as ArrayBuffer, node[3], node[4]);
    } catch {
      throw malformed('a view goes beyond its buffer, or is not aligned in it');
    }
  }

  #function(node: Given): unknown {
    const index = node[1];
    if (!isCount(index, this.#functions.length - 1))
      throw malformed('a function is not in the list of the call');
    return this.#functions[index];
  }

  /** Adds the parts of an object. */
  #fill(number: number, node: Given): void {
    const value = this.#values[number];
    switch (node[0]) {
      case NodeKind.Object:
        this.#entries(value as object, node, 1);
        break;
      case NodeKind.Array:
        for (let i = 1; i < node.length; i++) (value as unknown[])[i - 1] = this.#item(node[i]);
        break;
      case NodeKind.Sparse:
        this.#entries(value as object, node, 2);
        if ((value as unknown[]).length !== node[1])
          throw malformed('an array has an item beyond its length');
        break;
      case NodeKind.Map:
        checkEntries((node.length - 1) / 2);
        if (node.length % 2 === 0) throw malformed('a map has a key without a value');
        for (let i = 1; i < node.length; i += 2)
          mapSet(value as Map<unknown, unknown>, this.#item(node[i]), this.#item(node[i + 1]));
        break;
      case NodeKind.Set:
        checkEntries(node.length - 1);
        for (let i = 1; i < node.length; i++) setAdd(value as Set<unknown>, this.#item(node[i]));
        break;
      case NodeKind.Error:
        this.#errorEntries(value as Error, node);
        break;
      default:
    }
  }

  #entries(object: object, node: Given, start: number): void {
    let isScattered = isArray(object);
    for (let i = start; i < node.length; i += 2) {
      const key = node[i];
      if (typeof key !== 'string' || i + 1 === node.length) throw malformed('a key is no text');
      const value = this.#item(node[i + 1]);
      if (!isScattered && isHighIndex(key)) {
        scatter(object);
        isScattered = true;
      }
      // An assignment would run a setter that was added to a prototype, or the setter of `__proto__`.
      if (key in objectPrototype || isArray(object)) {
        if (key === 'length' && isArray(object)) throw malformed('an array has two lengths');
        defineValue(object, key, value, true);
      } else (object as Record<string, unknown>)[key] = value;
    }
  }

  #errorEntries(made: Error, node: Given): void {
    let isScattered = false;
    for (let i = ERROR_ENTRIES; i < node.length; i += 2) {
      const key = node[i];
      if (typeof key !== 'string' || i + 1 === node.length || includes(errorFields, key))
        throw malformed('a key of an error is no text');
      if (!isScattered && isHighIndex(key)) {
        scatter(made);
        isScattered = true;
      }
      defineValue(made, key, this.#item(node[i + 1]), !includes(hiddenFields, key));
    }
  }

  #item(item: unknown): unknown {
    if (!isArray(item)) return plain(item);
    const number: unknown = item[0];
    if (item.length !== 1 || typeof number !== 'number') throw malformed('an item is invalid');
    if (number < 0) return special(number);
    if (!isCount(number, this.#values.length - 1))
      throw malformed('an item refers to a missing node');
    return this.#values[number];
  }
}

function plain(item: unknown): unknown {
  if (typeof item === 'object' && item !== null) throw malformed('an item is an object');
  return item;
}

/** The primitive value of a wrapper object. */
function primitive(item: unknown): unknown {
  const value = isArray(item) ? special(item[0]) : plain(item);
  if (value === null || value === undefined) throw malformed('a wrapper object has no primitive');
  return value;
}

function special(number: unknown): unknown {
  switch (number) {
    case Special.Undefined:
      return undefined;
    case Special.NaN:
      return NaN;
    case Special.Infinity:
      return Infinity;
    case Special.NegativeInfinity:
      return -Infinity;
    case Special.NegativeZero:
      return -0;
    default:
      throw malformed('an item is of an unknown kind');
  }
}

function sparse(node: Given): unknown[] {
  const length = node[1];
  if (!isCount(length, MOST_ITEMS)) throw malformed('an array has no length');
  return arrayOfLength(length, node.length / 2);
}

function checkEntries(count: number): void {
  if (count > MOST_ENTRIES) throw malformed('a map or a set has too many entries');
}

function date(node: Given): Date {
  const time = node[1];
  if (time !== null && typeof time !== 'number') throw malformed('a date is no number');
  return new TrueDate(time ?? NaN);
}

function bigInt(node: Given): bigint {
  const digits = node[1];
  if (typeof digits !== 'string' || !matches(DIGITS, digits))
    throw malformed('a bigint has no digits');
  try {
    return digits[0] === '-'
      ? -TrueBigInt(`0x${stringSlice(digits, 1)}`)
      : TrueBigInt(`0x${digits}`);
  } catch {
    throw malformed('a bigint has too many digits');
  }
}

function error(node: Given): Error {
  const name = node[2];
  const message = node[3];
  const stack = node[4];
  if (typeof name !== 'string' || typeof message !== 'string' || typeof stack !== 'string')
    throw malformed('an error has no name');
  return makeError({ classes: classes(node[1]), name, message, stack });
}

/** Those of the given classes that every program has or that were registered. */
function classes(given: unknown): KnownClass[] {
  if (!isArray(given)) throw malformed('an error has no classes');
  const known: KnownClass[] = [];
  for (let i = 0; i < given.length; i++) {
    const each: unknown = given[i];
    if (!isArray(each) || each.length !== 2 || typeof each[1] !== 'string')
      throw malformed('a class of an error has no name');
    if (isOfEveryProgram(each[0], each[1])) known[known.length] = [each[0] as 'global', each[1]];
  }
  return known;
}

function isCount(value: unknown, most: number): value is number {
  return isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

function malformed(what: string): BrokenCluster {
  return new BrokenCluster(`A value is not in the format of data: ${what}.`, {
    code: 'ERR_FORMAT',
  });
}
