/**
 * Checks of arguments. They run once, at the public boundary, and nowhere deeper.
 *
 * Every message names the argument, the expected value, and the given value.
 */

import { isProxy } from 'node:util/types';
import {
  defineValue,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  includes,
  isInstance,
  isInteger,
  join,
  map,
  matches,
  replaceMatches,
  stringSlice,
  symbolText,
  trim,
  TrueError,
  TrueRangeError,
  TrueTypeError,
} from './primordials.ts';

/** Node's longest timer. Beyond it `setTimeout` fires at once, so a longer timeout is refused. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** A short text for a value in an error message. Never throws, never calls user code. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > 40 ? `'${stringSlice(value, 0, 37)}...'` : `'${value}'`;
    case 'bigint':
      return `${value}n`;
    case 'function':
      return functionName(value) === ''
        ? 'an anonymous function'
        : `function ${functionName(value)}`;
    case 'object':
      return value === null ? 'null' : `an instance of ${className(value)}`;
    case 'symbol':
      return symbolText(value);
    default:
      return `${value as number | boolean | undefined}`;
  }
}

/** The name of an object's class, as far as it can be read without running code of the object. */
export function className(value: object): string {
  if (isProxy(value)) return 'Proxy';
  const prototype = getPrototypeOf(value);
  if (prototype === null || isProxy(prototype)) return 'Object';
  const constructor = getOwnPropertyDescriptor(prototype, 'constructor')?.value as unknown;
  return (typeof constructor === 'function' && functionName(constructor)) || 'Object';
}

/** A function's name, or '' if it has none that can be read without running code. */
export function functionName(fn: object): string {
  if (isProxy(fn)) return '';
  const name = getOwnPropertyDescriptor(fn, 'name')?.value as unknown;
  return typeof name === 'string' ? name : '';
}

/** The message of an error as a sentence: one line, limited in length, with a full stop. */
export function reason(cause: unknown): string {
  const text = isInstance(cause, TrueError) ? cause.message : describeValue(cause);
  const line = trim(replaceMatches(text, /\s+/g, ' '));
  const short = line.length > 160 ? `${stringSlice(line, 0, 157)}...` : line;
  return matches(/[.!?]$/, short) ? short : `${short}.`;
}

export function invalidType(name: string, expected: string, given: unknown): TypeError {
  const error = new TrueTypeError(
    `${name} must be ${expected}, but ${describeValue(given)} was given.`,
  );
  return withCode(error, 'ERR_INVALID_ARG_TYPE');
}

export function invalidValue(name: string, expected: string, given: unknown): RangeError {
  return invalidSecret(name, expected, describeValue(given));
}

/** @param described - a description of the given value, which is or may contain a password. */
export function invalidSecret(name: string, expected: string, described: string): RangeError {
  const error = new TrueRangeError(`${name} must be ${expected}, but ${described} was given.`);
  return withCode(error, 'ERR_INVALID_ARG_VALUE');
}

export function unknownOption(set: string, key: string, known: string): TypeError {
  const error = new TrueTypeError(`${set} has no option '${key}'. Known options: ${known}.`);
  return withCode(error, 'ERR_UNKNOWN_OPTION');
}

function withCode<E extends Error>(error: E, code: string): E {
  defineValue(error, 'code', code, true);
  return error;
}

export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw invalidType(name, 'a function', value);
}

/** Accepts a whole number of at least 1, and `undefined` for "not given". */
export function checkCount(name: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== 'number') throw invalidType(name, 'a whole number of at least 1', value);
  if (!isInteger(value) || value < 1)
    throw invalidValue(name, 'a whole number of at least 1', value);
}

/** Accepts milliseconds: 0 polls once; `undefined` and `Infinity` wait for ever. */
export function checkTimeout(name: string, value: unknown): void {
  if (value === undefined || value === Infinity) return;
  const expected = `milliseconds from 0 to ${LONGEST_TIMEOUT} (about 24.8 days), or left out to wait for ever`;
  if (typeof value !== 'number') throw invalidType(name, expected, value);
  if (!(value >= 0 && value <= LONGEST_TIMEOUT)) throw invalidValue(name, expected, value);
}

export function checkSignal(name: string, value: unknown): void {
  // primordials: signals are given to callers only.
  if (value === undefined || value instanceof AbortSignal) return;
  throw invalidType(name, 'an AbortSignal', value);
}

export function checkOneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (typeof value === 'string' && includes(allowed, value)) return;
  const list = join(
    map(allowed, (each) => `'${each}'`),
    ', ',
  );
  throw invalidValue(name, `one of ${list}`, value);
}

/** Whether code can use `text` as the name of something. */
export function isIdentifier(text: string): boolean {
  return matches(/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u, text);
}
