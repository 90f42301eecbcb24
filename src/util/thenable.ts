import { isProxy } from 'node:util/types';
import { getOwnPropertyDescriptor, getPrototypeOf, hasOwn, includes } from './primordials.ts';
import { className } from './validate.ts';

const VOWELS = ['A', 'E', 'I', 'O', 'U'];

/** True if a task's result has to be awaited. Reading `then` may run a getter, which may throw. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}

/**
 * True for an object whose class defines `then`: any kind of promise, a future, a query that has not been sent. The
 * value that it stands for is not in its properties. Runs no code of the object.
 */
export function isMadeThenable(object: object): boolean {
  if (isProxy(object)) return false;
  for (
    let prototype = getPrototypeOf(object);
    prototype !== null && !isProxy(prototype);
    prototype = getPrototypeOf(prototype)
  )
    // A `then` on the prototype of all objects does not count: it says nothing about this object.
    if (getPrototypeOf(prototype) !== null && hasOwnThen(prototype)) return true;
  return false;
}

export function hasOwnThen(prototype: object): boolean {
  const property = getOwnPropertyDescriptor(prototype, 'then');
  return (
    property !== undefined && hasOwn(property, 'value') && typeof property.value === 'function'
  );
}

/** The error text for such an object. */
export function adviceToAwait(object: object): string {
  const name = className(object);
  const article = includes(VOWELS, name[0]) ? 'an' : 'a';
  return `Can't send ${article} ${name}. Await it first, and use its value.`;
}
