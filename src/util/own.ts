/**
 * Looking at plain objects, and making descriptors of them, as if nobody had put anything on `Object.prototype`.
 *
 * A property there is in every object literal: `'value' in {}` is true, and `{ value: 1 }` as a descriptor has a
 * `get` as well, which is an error.
 */

/** Tells the members of a union apart by a property of their own. */
export function owns<T extends object, K extends PropertyKey>(
  object: T,
  key: K,
): object is Extract<T, { readonly [P in K]: unknown }> {
  return Object.hasOwn(object, key);
}

/** The same object, which inherits nothing any more. */
export function withoutPrototype<T extends object>(object: T): T {
  return Object.setPrototypeOf(object, null) as T;
}

/** A property of the object's own, or undefined. */
export function own<T extends object, K extends keyof T>(object: T, key: K): T[K] | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
