/**
 * The error classes that both sides of a boundary have, and what they call them.
 *
 *     registered   by `registerErrorClass`, in a module that both sides import
 *     library      ours, of whichever copy of this library
 *     global       the language's own, and what somebody has added to `globalThis`, e.g. a polyfill
 *
 * An error travels with the names of all its classes that are one of these, nearest first, because the
 * other side may lack the nearest: it takes the first that it has.
 */
import { errorClasses, libraryErrorName } from '../errors.ts';
import { invalidType, invalidValue } from '../util/validate.ts';

interface ErrorClass {
  readonly prototype: Error;
}

/** A class, as both sides call it. */
export type KnownClass = readonly [from: 'registered' | 'library' | 'global', name: string];

const place = Symbol.for('concurrent-futures.error-classes');

/**
 * On the global object, because the module that registers a class and the script of the worker that
 * packs its errors don't share a module of ours, only the thread.
 */
function registry(): Map<string, ErrorClass> {
  const global = globalThis as { [place]?: Map<string, ErrorClass> };
  if (global[place] === undefined) Object.defineProperty(globalThis, place, { value: new Map() });
  return global[place] as Map<string, ErrorClass>;
}

/**
 * Makes errors of this class arrive from workers as what they are, so that `instanceof` works. Call it
 * in the module that defines the class, and import that module on both sides. The constructor is not
 * called when an error is rebuilt; own properties are restored, private fields are not.
 *
 * @param name - what both sides call it, unique in the program. Default: `errorClass.name`.
 * @returns the class.
 * @throws TypeError, RangeError if it is no class of errors, or the name is another's.
 * @example `registerErrorClass(PaymentError)`
 */
export function registerErrorClass<C extends abstract new (...args: never[]) => Error>(
  errorClass: C,
  name?: string,
): C {
  if (!isErrorClass(errorClass))
    throw invalidType('errorClass', 'a class that extends Error', errorClass);
  const known: unknown = name ?? errorClass.name;
  if (typeof known !== 'string') throw invalidType('name', 'a string', known);
  const other = registry().get(known) ?? errorClass;
  if (known === '' || other !== errorClass)
    throw invalidValue('name', 'a name that no other class has', known);
  registry().set(known, errorClass);
  return errorClass;
}

/** What the other side may know of the error's classes, nearest first. */
export function knownClasses(error: Error): KnownClass[] {
  const known: KnownClass[] = [];
  let prototype: unknown = Object.getPrototypeOf(error);
  while (typeof prototype === 'object' && prototype !== null) {
    const registered = [...registry()].find(([, each]) => each.prototype === prototype);
    const own = libraryErrorName(prototype);
    if (registered !== undefined) known.push(['registered', registered[0]]);
    else if (own !== undefined) known.push(['library', own]);
    else {
      const made: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
      const name = typeof made === 'function' ? made.name : '';
      if (globalClass(name)?.prototype === prototype) known.push(['global', name]);
    }
    prototype = Object.getPrototypeOf(prototype);
  }
  return known;
}

/** The prototype of the first of the classes that this side has. */
export function knownPrototype(classes: readonly KnownClass[]): Error {
  for (const [from, name] of classes) {
    const found =
      from === 'registered'
        ? registry().get(name)
        : from === 'library'
          ? errorClasses[name]
          : globalClass(name);
    if (found !== undefined) return found.prototype;
  }
  return Error.prototype;
}

function globalClass(name: string): ErrorClass | undefined {
  const found: unknown = Reflect.get(globalThis, name);
  // What is below a DOMException (QuotaExceededError) has data that only its constructor can set.
  const usable = isErrorClass(found) && !(found.prototype instanceof DOMException);
  return usable ? found : undefined;
}

function isErrorClass(value: unknown): value is ErrorClass {
  if (typeof value !== 'function') return false;
  const prototype: unknown = Reflect.get(value, 'prototype');
  return prototype instanceof Error || prototype === Error.prototype;
}
