/**
 * Checks of arguments, made once at the public boundary and nowhere deeper.
 *
 * Every message names the argument, what is expected, and what was given.
 */

import { types } from 'node:util';
import { bare, isRoot } from './bare.ts';

/** Node's largest timer. Beyond it `setTimeout` fires at once, so we refuse instead of guessing. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** A short text for a value in an error message: never throws, never calls user code. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > 40 ? `'${value.slice(0, 37)}...'` : `'${value}'`;
    case 'bigint':
      return `${value}n`;
    case 'function':
      return functionName(value) === ''
        ? 'an anonymous function'
        : `function ${functionName(value)}`;
    case 'object':
      return value === null ? 'null' : `an instance of ${className(value)}`;
    default:
      return String(value);
  }
}

/** The name of the class an object was made by, as far as that can be told without running code of it. */
export function className(value: object): string {
  if (types.isProxy(value)) return 'Proxy';
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || types.isProxy(prototype)) return 'Object';
  const constructor = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value as unknown;
  return (typeof constructor === 'function' && functionName(constructor)) || 'Object';
}

/** A function's name, or '' if it has none that can be read without running code. */
export function functionName(fn: object): string {
  if (types.isProxy(fn)) return '';
  const name = Object.getOwnPropertyDescriptor(fn, 'name')?.value as unknown;
  return typeof name === 'string' ? name : '';
}

/** Why something failed, as a sentence of a message: one line, not too long, with a full stop. */
export function reason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : describeValue(cause);
  const line = text.replaceAll(/\s+/g, ' ').trim();
  const short = line.length > 160 ? `${line.slice(0, 157)}...` : line;
  return /[.!?]$/.test(short) ? short : `${short}.`;
}

export function invalidType(name: string, expected: string, given: unknown): TypeError {
  const error = new TypeError(
    `${name} must be ${expected}, but ${describeValue(given)} was given.`,
  );
  return Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
}

export function invalidValue(name: string, expected: string, given: unknown): RangeError {
  const error = new RangeError(
    `${name} must be ${expected}, but ${describeValue(given)} was given.`,
  );
  return Object.assign(error, { code: 'ERR_INVALID_ARG_VALUE' });
}

export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw invalidType(name, 'a function', value);
}

/** A whole number of at least 1; `undefined` stands for "not given". */
export function checkCount(name: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== 'number') throw invalidType(name, 'a whole number of at least 1', value);
  if (!Number.isInteger(value) || value < 1)
    throw invalidValue(name, 'a whole number of at least 1', value);
}

/** Milliseconds: 0 polls once; `undefined` and `Infinity` wait for ever. */
export function checkTimeout(name: string, value: unknown): void {
  if (value === undefined || value === Infinity) return;
  const expected = `milliseconds from 0 to ${LONGEST_TIMEOUT} (about 24.8 days), or left out to wait for ever`;
  if (typeof value !== 'number') throw invalidType(name, expected, value);
  if (!(value >= 0 && value <= LONGEST_TIMEOUT)) throw invalidValue(name, expected, value);
}

export function checkSignal(name: string, value: unknown): void {
  if (value === undefined || value instanceof AbortSignal) return;
  throw invalidType(name, 'an AbortSignal', value);
}

export function checkOneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (typeof value === 'string' && allowed.includes(value)) return;
  throw invalidValue(name, `one of ${allowed.map((each) => `'${each}'`).join(', ')}`, value);
}

/**
 * Reads an options object, each option once. A forgotten object is fine; a number or a function in its place is a mistake.
 *
 * Options may be inherited, as an `AbortController` inherits its `signal` from its class, but not from
 * `Object.prototype`: what is there nobody has given.
 *
 * @returns the options that are given and not undefined, in an object without a prototype.
 */
export function readOptions<T extends object>(
  name: string,
  value: T | undefined,
  known: readonly string[],
): T {
  const read: Record<string, unknown> = bare({});
  if (value === undefined) return read as T;
  if (typeof value !== 'object' || value === null) throw invalidType(name, 'an object', value);
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      const error = new TypeError(
        `${name} has no option '${key}'. Known options: ${known.join(', ')}.`,
      );
      throw Object.assign(error, { code: 'ERR_UNKNOWN_OPTION' });
    }
  }
  for (const key of known) {
    const given = isGiven(value, key) ? (Reflect.get(value, key) as unknown) : undefined;
    if (given !== undefined) read[key] = given;
  }
  return read as T;
}

function isGiven(options: object, key: string): boolean {
  for (let each: object | null = options; each !== null; each = Object.getPrototypeOf(each)) {
    if (isRoot(each, options)) return false;
    if (Object.hasOwn(each, key)) return true;
  }
  return false;
}

/** Whether code can use `text` as the name of something. */
export function isIdentifier(text: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(text);
}
