/** Finds a value in a module's exports: the exports themselves, and one level inside them. */
import { types } from 'node:util';
import { functionName } from '../util/validate.ts';

/**
 * The path to `wanted` from `exported`; undefined if there is none. Accessors are not run, because they may load
 * modules or throw. The exception is an accessor with the name of the wanted function.
 */
export function pathTo(exported: object, wanted: object): string[] | undefined {
  if (exported === wanted) return [];
  const name = functionName(wanted);
  const keys = Reflect.ownKeys(exported).filter((key) => typeof key === 'string');
  if (name !== '' && valueAt(exported, name, true) === wanted) return [name];
  const inside: [string, object][] = [];
  for (const key of keys) {
    const value = valueAt(exported, key, false);
    if (value === wanted) return [key];
    if (isObject(value) && !types.isProxy(value)) inside.push([key, value]);
  }
  for (const [key, value] of inside) {
    const member = memberOf(value, wanted);
    if (member !== undefined) return [key, ...member];
  }
  return undefined;
}

/** The path to `wanted` among a value's own properties and the methods of its instances. */
export function memberOf(value: object, wanted: object): string[] | undefined {
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key === 'string' && valueAt(value, key, false) === wanted) return [key];
  }
  const prototype: unknown =
    typeof value === 'function' ? valueAt(value, 'prototype', false) : undefined;
  if (!isObject(prototype)) return undefined;
  for (const key of Reflect.ownKeys(prototype)) {
    if (key === 'constructor' || typeof key !== 'string') continue;
    if (valueAt(prototype, key, false) === wanted) return ['prototype', key];
  }
  return undefined;
}

/** A property's value; undefined if reading it throws, or would run code (unless `runs`). */
export function valueAt(object: object, key: PropertyKey, runs: boolean): unknown {
  try {
    const property = Object.getOwnPropertyDescriptor(object, key);
    if (property === undefined) return undefined;
    if (Object.hasOwn(property, 'value')) return property.value;
    return runs ? Reflect.get(object, key) : undefined;
  } catch {
    // The variable has no value so far, or its getter throws.
    return undefined;
  }
}

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
