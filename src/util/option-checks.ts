/** Checks of options for option tables, beyond those of arguments in validate.ts. Workers do not load them. */
import type { OptionCheck } from './option-table.ts';
import { checkOneOf, invalidType } from './validate.ts';

/** One of these strings. */
export function choice(...allowed: readonly string[]): OptionCheck {
  return (name, value) => checkOneOf(name, value, allowed);
}

/** Takes any value. */
export const unchecked: OptionCheck = () => {};

export function checkBoolean(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw invalidType(name, 'a boolean', value);
}

export function checkString(name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw invalidType(name, 'a string', value);
}

export function checkPath(name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || value === '') throw invalidType(name, 'a path', value);
}

export function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw invalidType(name, 'an object', value);
}

export function checkArray(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw invalidType(name, 'an array', value);
}

export function checkStrings(name: string, value: unknown): void {
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string'))
    throw invalidType(name, 'an array of strings', value);
}
