/**
 * The error classes that both sides of a boundary have, and their names there.
 *
 *     registered   by `registerErrorClass`, in a module that both sides import
 *     library      ours, of whichever copy of this library
 *     global       the language's own, and classes that were added to `globalThis`, e.g. by a polyfill
 *
 * An error travels with the names of all its classes that are one of these, nearest first. The receiver takes the
 * first that it has, because it may lack the nearest.
 *
 * No code of the error is run here: its class may have getters or proxies that throw.
 */
import { isProxy } from 'node:util/types';
import { errorClasses, libraryErrorName } from '../errors.ts';
import {
  defineProperty,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  globalObject,
  hasOwn,
  mapForEach,
  mapGet,
  mapSet,
  reflectGet,
  reflectSet,
  SafeMap,
  symbolFor,
  TrueAggregateError,
  TrueDOMException,
  TrueError,
  TrueEvalError,
  TrueMap,
  TrueRangeError,
  TrueReferenceError,
  TrueSuppressedError,
  TrueSyntaxError,
  TrueTypeError,
  TrueURIError,
} from '../util/primordials.ts';
import { functionName, invalidType, invalidValue } from '../util/validate.ts';

interface ErrorClass {
  readonly prototype: Error;
}

/** A class, by the name that both sides use. */
export type KnownClass = readonly [from: 'registered' | 'library' | 'global', name: string];

const globalKey = symbolFor('concurrent-futures.error-classes');

/**
 * The language's own classes, by prototype and by name. Not by the `constructor` of their prototypes, which is a
 * getter in environments with frozen intrinsics.
 */
const standardNames = new SafeMap<object, string>();
const standardClasses = new SafeMap<string, ErrorClass>();
const languageClasses: readonly (readonly [string, ErrorClass | undefined])[] = [
  ['Error', TrueError],
  ['AggregateError', TrueAggregateError],
  ['DOMException', TrueDOMException],
  ['EvalError', TrueEvalError],
  ['RangeError', TrueRangeError],
  ['ReferenceError', TrueReferenceError],
  ['SuppressedError', TrueSuppressedError],
  ['SyntaxError', TrueSyntaxError],
  ['TypeError', TrueTypeError],
  ['URIError', TrueURIError],
];
for (let i = 0; i < languageClasses.length; i++) {
  const name = languageClasses[i]?.[0] as string;
  const found = languageClasses[i]?.[1];
  if (found === undefined) continue;
  standardNames.set(found.prototype, name);
  standardClasses.set(name, found);
}
const errorPrototype: object = TrueError.prototype;
const aggregatePrototype: object = TrueAggregateError.prototype;
const platformPrototype: object = TrueDOMException.prototype;

/**
 * The registry is on the global object. The module that registers a class and the worker's script that packs its
 * errors share no module of this library, only the thread.
 */
function registry(): Map<string, ErrorClass> {
  const global = globalObject as { [globalKey]?: Map<string, ErrorClass> };
  if (!hasOwn(global, globalKey)) {
    // Not configurable, so that a task can't delete it.
    defineProperty(global, globalKey, { __proto__: null, value: new TrueMap() });
  }
  return global[globalKey] as Map<string, ErrorClass>;
}

/**
 * Registers a class of errors, so that errors of it arrive from workers as instances of it, and `instanceof` works.
 *
 * Call it in the module that defines the class, and import that module on both sides. An error of another class arrives
 * as its nearest ancestor that both sides have, under its own name. The constructor is not called when an error is
 * rebuilt; own properties are restored, private fields are not.
 *
 * @param errorClass - a class that extends `Error`.
 * @param name - the name of the class on both sides, unique in the program. By default `errorClass.name`.
 * @returns the class.
 * @throws `TypeError` if it is no class of errors; `RangeError` if another class has the name, or there is none.
 * @example
 * ```ts check
 * import { registerErrorClass } from 'concurrent-futures';
 *
 * export class PaymentError extends Error {
 *   readonly account: string;
 *
 *   constructor(account: string) {
 *     super(`The account ${account} is empty.`);
 *     this.account = account;
 *   }
 * }
 * registerErrorClass(PaymentError);
 * ```
 */
export function registerErrorClass<C extends abstract new (...args: never[]) => Error>(
  errorClass: C,
  name?: string,
): C {
  if (!isErrorClass(errorClass))
    throw invalidType('errorClass', 'a class that extends Error', errorClass);
  const known: unknown = name ?? errorClass.name;
  if (typeof known !== 'string') throw invalidType('name', 'a string', known);
  const other = mapGet(registry(), known) ?? errorClass;
  if (known === '' || other !== errorClass)
    throw invalidValue('name', 'a name that no other class has', known);
  mapSet(registry(), known, errorClass);
  return errorClass;
}

/**
 * Runs `make`, which rebuilds errors that have stacks of their own. A limit that is not a number keeps the engine
 * from recording another stack, and from calling the program's `Error.prepareStackTrace` for it.
 */
export function withoutStacks<T>(make: () => T): T {
  const limit: unknown = reflectGet(TrueError, 'stackTraceLimit');
  // By Reflect, because a program may have made the property read-only.
  reflectSet(TrueError, 'stackTraceLimit', undefined);
  try {
    return make();
  } finally {
    reflectSet(TrueError, 'stackTraceLimit', limit);
  }
}

/** True for an error of the language, or an object that inherits from `Error.prototype` without proxies. */
export function isError(value: unknown): value is Error {
  return inherits(value, errorPrototype);
}

export function isAggregate(error: Error): boolean {
  return inherits(error, aggregatePrototype);
}

export function isDOMException(error: Error): boolean {
  return inherits(error, platformPrototype);
}

/** True for the prototype of DOMException or of a subclass. */
export function isPlatformPrototype(prototype: object): boolean {
  return prototype === platformPrototype || inherits(prototype, platformPrototype);
}

/** Like `instanceof`, which would call code of the class and of proxies. */
function inherits(value: unknown, prototype: object): boolean {
  if (typeof value !== 'object' || value === null || isProxy(value)) return false;
  for (
    let above = getPrototypeOf(value);
    above !== null && !isProxy(above);
    above = getPrototypeOf(above)
  )
    if (above === prototype) return true;
  return false;
}

/** The classes of the error that the other side may have, nearest first. */
export function knownClasses(error: Error): KnownClass[] {
  const known: KnownClass[] = [];
  for (
    let prototype = getPrototypeOf(error);
    prototype !== null && !isProxy(prototype);
    prototype = getPrototypeOf(prototype)
  ) {
    const found = knownClass(prototype);
    if (found !== undefined) known[known.length] = found;
  }
  return known;
}

function knownClass(prototype: object): KnownClass | undefined {
  const registered = registeredName(prototype);
  if (registered !== undefined) return ['registered', registered];
  const own = libraryErrorName(prototype);
  if (own !== undefined) return ['library', own];
  const standard = standardNames.get(prototype);
  if (standard !== undefined) return ['global', standard];
  const property = getOwnPropertyDescriptor(prototype, 'constructor');
  const made: unknown =
    property !== undefined && hasOwn(property, 'value') ? property.value : undefined;
  const name = typeof made === 'function' ? functionName(made) : '';
  return globalClass(name)?.prototype === prototype ? ['global', name] : undefined;
}

function registeredName(prototype: object): string | undefined {
  let found: string | undefined;
  mapForEach(registry(), (each, name) => {
    if (each.prototype === prototype) found ??= name;
  });
  return found;
}

/** The prototype of the first class that this side has. */
export function knownPrototype(classes: readonly KnownClass[]): Error {
  for (let i = 0; i < classes.length; i++) {
    const found = classNamed(classes[i] as KnownClass);
    if (found !== undefined) return found.prototype;
  }
  return TrueError.prototype;
}

/**
 * True for a class that may be looked up by a name from outside. Other properties of the global object are excluded.
 */
export function isOfEveryProgram(from: unknown, name: string): boolean {
  return (
    from === 'registered' || from === 'library' || (from === 'global' && standardClasses.has(name))
  );
}

function classNamed(known: KnownClass): ErrorClass | undefined {
  const name = known[1];
  switch (known[0]) {
    case 'registered':
      return mapGet(registry(), name);
    case 'library':
      return hasOwn(errorClasses, name) ? errorClasses[name] : undefined;
    default:
      return standardClasses.get(name) ?? globalClass(name);
  }
}

/** A class on the global object. A getter there is called. */
function globalClass(name: string): ErrorClass | undefined {
  const found: unknown = name === '' ? undefined : reflectGet(globalObject, name);
  // A subclass of DOMException (QuotaExceededError) has data that only its constructor can set.
  const usable = isErrorClass(found) && !inherits(found.prototype, platformPrototype);
  return usable ? found : undefined;
}

function isErrorClass(value: unknown): value is ErrorClass {
  if (typeof value !== 'function') return false;
  const prototype: unknown = reflectGet(value, 'prototype');
  return prototype === errorPrototype || isError(prototype);
}
