/**
 * Makes objects without a prototype. An option that is missing in an object literal is looked up on
 * `Object.prototype`, where an attacker may have put something by prototype pollution: `execArgv` or `env` there
 * would run code in every worker. So objects that are passed to Node, or read later, have no prototype.
 */
import {
  getPrototypeOf,
  hasOwn,
  objectKeys,
  reflectGet,
  setPrototypeOf,
  TrueObject,
} from './primordials.ts';

/** A copy of the own enumerable properties of `options`, without a prototype. */
export function bare<T extends object>(options: T): T {
  // Object.create(null) would make a hash table, and options are read in every call.
  const copy = { ...options };
  setPrototypeOf(copy, null);
  return copy;
}

/**
 * All enumerable properties of a record such as an environment, including those inherited from another record, but
 * without those of `Object.prototype`. Node gives a process every property that a `for … in` loop finds.
 */
export function bareRecord<T extends object>(record: T): T {
  const copy: Record<string, unknown> = bare({});
  for (let each: object | null = record; each !== null; each = getPrototypeOf(each)) {
    if (isRoot(each, record)) break;
    const keys = objectKeys(each);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      if (!hasOwn(copy, key)) copy[key] = reflectGet(each, key, record) as unknown;
    }
  }
  return copy as T;
}

/** True for the `Object.prototype` of this realm or another, at the end of the prototype chain of `object`. */
export function isRoot(prototype: object, object: object): boolean {
  if (prototype === TrueObject.prototype) return true;
  return (
    prototype !== object && getPrototypeOf(prototype) === null && hasOwn(prototype, 'isPrototypeOf')
  );
}
