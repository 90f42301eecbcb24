/**
 * Reads plain objects, and makes property descriptors, independently of properties on `Object.prototype`.
 *
 * Every object literal inherits a property from there: `'value' in {}` would be true, and the descriptor `{ value: 1
 * }` would also have a `get`, which is an error.
 */

/** Tells the members of a union apart by an own property. */
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
