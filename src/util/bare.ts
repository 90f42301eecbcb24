/**
 * Objects with no prototype. An option that is left out of an object literal is looked up in `Object.prototype`, which
 * some library may have let an attacker write to: `execArgv` or `env` there would be code that runs in every worker.
 * So what is handed to Node, or read later, has no prototype.
 */
import {
  getPrototypeOf,
  hasOwn,
  objectKeys,
  reflectGet,
  setPrototypeOf,
  TrueObject,
} from './primordials.ts';

/** The own enumerable properties of `options`, and nothing else. */
export function bare<T extends object>(options: T): T {
  // Not by Object.create(null), which makes a hash table: options are looked at in every call.
  const copy = { ...options };
  setPrototypeOf(copy, null);
  return copy;
}

/**
 * All enumerable properties of a record such as an environment, which may inherit them from another record, without
 * those of `Object.prototype`. Node gives a process every property that a `for … in` loop finds.
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
