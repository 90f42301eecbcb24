/**
 * Converts deeply nested values to a table and back.
 *
 * Cloning is recursive and fails when the stack overflows. A table has no nesting: each object, array, map, set and
 * error has a row, which refers to others by number. Values without parts (dates, buffers, ports, …) stay unchanged
 * in the table, which is then cloned. The result is the same as from cloning the value.
 */
import {
  isAnyArrayBuffer,
  isBoxedPrimitive,
  isDate,
  isGeneratorObject,
  isMap,
  isNativeError,
  isPromise,
  isProxy,
  isRegExp,
  isSet,
  isWeakMap,
  isWeakSet,
} from 'node:util/types';
import {
  defineValue,
  getPrototypeOf,
  hasOwn,
  includes,
  isArray,
  isView,
  mapForEach,
  mapSet,
  objectKeys,
  reflectGet,
  SafeMap,
  setAdd,
  setForEach,
  setPrototypeOf,
  TrueArray,
  TrueError,
  TrueMap,
  TrueSet,
} from '../util/primordials.ts';
import { knownPrototype, withoutStacks } from './error-classes.ts';
import { isNativePrototype } from './survey.ts';

/** The number of a row, or a value that needs no row, in brackets. */
type Part = number | readonly [unknown];

type Row =
  | { readonly kind: 'object'; readonly keys: readonly string[]; readonly parts: readonly Part[] }
  | {
      readonly kind: 'array';
      readonly length: number;
      readonly keys: readonly string[];
      readonly parts: readonly Part[];
    }
  /** Key and value alternate. */
  | { readonly kind: 'map'; readonly parts: readonly Part[] }
  | { readonly kind: 'set'; readonly parts: readonly Part[] }
  | {
      readonly kind: 'error';
      readonly name: string;
      readonly message: string | undefined;
      readonly stack: string | undefined;
      readonly parts: readonly Part[];
    };

export interface FlatValue {
  readonly root: Part;
  readonly rows: readonly Row[];
}

/** The error classes that cloning keeps. */
const clonedErrors = [
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
];

/** May throw the error of a getter. */
export function flatten(value: unknown): FlatValue {
  const objects: object[] = [];
  const numbers = new SafeMap<object, number>();
  const part = (each: unknown): Part => {
    if (typeof each !== 'object' || each === null) return [each];
    let number = numbers.get(each);
    if (number === undefined) {
      if (isWhole(each)) return [each];
      number = objects.length;
      objects[number] = each;
      numbers.set(each, number);
    }
    return number;
  };
  const root = part(value);
  const rows: Row[] = [];
  // The list grows during the loop.
  for (let number = 0; number < objects.length; number++)
    rows[number] = rowOf(objects[number] as object, part);
  return { root, rows };
}

/** True if cloning would visit no parts of it, or can't clone it. */
function isWhole(object: object): boolean {
  if (isProxy(object)) return true;
  if (isArray(object)) return !hasParts(object);
  if (isMap(object) || isSet(object) || isNativeError(object)) return false;
  const isOfOneKind =
    isView(object) ||
    isAnyArrayBuffer(object) ||
    isDate(object) ||
    isRegExp(object) ||
    isBoxedPrimitive(object) ||
    isPromise(object) ||
    isWeakMap(object) ||
    isWeakSet(object) ||
    isGeneratorObject(object);
  if (isOfOneKind) return true;
  const prototype = getPrototypeOf(object);
  return (prototype !== null && isNativePrototype(prototype)) || !hasParts(object);
}

/** True if one of its properties is an object. Without one, it needs no row. */
function hasParts(object: object): boolean {
  const keys = objectKeys(object);
  for (let k = 0; k < keys.length; k++) {
    const value: unknown = reflectGet(object, keys[k] as string);
    if (typeof value === 'object' && value !== null) return true;
  }
  return false;
}

function rowOf(object: object, part: (value: unknown) => Part): Row {
  const parts: Part[] = [];
  const add = (value: unknown): void => {
    parts[parts.length] = part(value);
  };
  if (isMap(object)) {
    mapForEach(object, (value, key) => {
      add(key);
      add(value);
    });
    return { kind: 'map', parts };
  }
  if (isSet(object)) {
    setForEach(object, add);
    return { kind: 'set', parts };
  }
  if (isNativeError(object)) {
    if (hasOwn(object, 'cause')) add(reflectGet(object, 'cause'));
    const message = textAt(object, 'message');
    return {
      kind: 'error',
      name: textAt(object, 'name') ?? 'Error',
      message: hasOwn(object, 'message') ? message : undefined,
      stack: textAt(object, 'stack'),
      parts,
    };
  }
  const keys = objectKeys(object);
  for (let k = 0; k < keys.length; k++) add(reflectGet(object, keys[k] as string));
  if (isArray(object)) return { kind: 'array', length: object.length, keys, parts };
  return { kind: 'object', keys, parts };
}

function textAt(error: Error, key: string): string | undefined {
  const text: unknown = reflectGet(error, key);
  return typeof text === 'string' ? text : undefined;
}

/** The value that was given to {@link flatten}, as cloning would have copied it. */
export function unflatten({ root, rows }: FlatValue): unknown {
  const objects: object[] = [];
  withoutStacks(() => {
    for (let number = 0; number < rows.length; number++)
      objects[number] = objectFor(rows[number] as Row);
  });
  const valueOf = (part: Part | undefined): unknown =>
    typeof part === 'number' ? objects[part] : (part as readonly [unknown])[0];
  for (let number = 0; number < rows.length; number++)
    fill(objects[number] as object, rows[number] as Row, valueOf);
  return valueOf(root);
}

function objectFor(row: Row): object {
  switch (row.kind) {
    case 'object':
      return {};
    case 'array':
      return new TrueArray<unknown>(row.length);
    case 'map':
      return new TrueMap();
    case 'set':
      return new TrueSet();
    default:
      return errorFor(row);
  }
}

function errorFor({ name, message, stack }: Extract<Row, { kind: 'error' }>): Error {
  const error = new TrueError();
  if (includes(clonedErrors, name)) setPrototypeOf(error, knownPrototype([['global', name]]));
  if (message !== undefined) defineValue(error, 'message', message, false);
  defineValue(error, 'stack', stack, false);
  return error;
}

function fill(object: object, row: Row, valueOf: (part: Part | undefined) => unknown): void {
  const { parts } = row;
  switch (row.kind) {
    case 'map':
      for (let i = 0; i < parts.length; i += 2)
        mapSet(object as Map<unknown, unknown>, valueOf(parts[i]), valueOf(parts[i + 1]));
      break;
    case 'set':
      for (let i = 0; i < parts.length; i++) setAdd(object as Set<unknown>, valueOf(parts[i]));
      break;
    case 'error':
      if (parts.length > 0) defineValue(object, 'cause', valueOf(parts[0]), false);
      break;
    default:
      for (let k = 0; k < parts.length; k++)
        defineValue(object, row.keys[k] as string, valueOf(parts[k]), true);
  }
}
