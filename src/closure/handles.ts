/**
 * Detects objects that belong to this thread and can't exist elsewhere: sockets, timers, promises, …
 *
 * An instance of a class of Node or of the engine has state that no code can read. The exceptions are a few classes
 * whose instances can be packed.
 */
import { EventEmitter } from 'node:events';
import { types } from 'node:util';
import { objectPrototype } from '../codec/plainness.ts';
import { isObject, valueAt } from '../lookup/identity.ts';
import type { Lookup } from '../lookup/lookup.ts';
import { owns } from '../util/own.ts';
import { adviceToAwait, isMadeThenable } from '../util/thenable.ts';
import { className } from '../util/validate.ts';
import { isPlatformValue, type LeafRules } from './plain-data.ts';
import { Refusal, type Trail } from './refusal.ts';

/** Only newer engines have it. */
const float16 = Reflect.get(globalThis, 'Float16Array') as unknown;

/** Built-in classes whose instances consist of properties only, or are packed by their kind. */
const transparent = new Set<unknown>([
  Object,
  Array,
  Map,
  Set,
  Date,
  RegExp,
  Buffer,
  URL,
  URLSearchParams,
  Function,
  EventEmitter,
  Number,
  String,
  Boolean,
  Symbol,
  BigInt,
  ArrayBuffer,
  SharedArrayBuffer,
  DataView,
  Object.getPrototypeOf(Uint8Array),
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  ...(float16 === undefined ? [] : [float16]),
  BigInt64Array,
  BigUint64Array,
  Error,
  AggregateError,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
]);

/** For each prototype: whether its instances have private fields, or state that can't be read. */
const verdicts = new WeakMap<object, 'open' | 'private' | 'hidden'>();

/** @throws Refusal if the object can't be created again elsewhere. */
export function checkSendable(
  object: object,
  lookup: Lookup,
  rules: LeafRules,
  trail: Trail,
): void {
  if (types.isProxy(object))
    throw new Refusal(
      'ERR_PROXY',
      "Can't send a Proxy. Pass the object that it stands for, or plain data.",
      trail,
    );
  if (types.isPromise(object) || isMadeThenable(object))
    throw new Refusal('ERR_PROMISE', adviceToAwait(object), trail);
  if (types.isWeakMap(object) || types.isWeakSet(object) || isWeak(object))
    throw new Refusal(
      'ERR_WEAK',
      `Can't send a ${className(object)}: its contents can't be listed. Use a Map or a Set, or import it from a module.`,
      trail,
    );
  if (types.isGeneratorObject(object) || isIterator(object))
    throw new Refusal(
      'ERR_GENERATOR',
      "Can't send a generator or iterator that is under way. Send an array of its values, or the function that makes it.",
      trail,
    );
  if (
    types.isSharedArrayBuffer(object) ||
    (ArrayBuffer.isView(object) && types.isSharedArrayBuffer(object.buffer))
  ) {
    if (!rules.shares)
      throw new Refusal(
        'ERR_HANDLE',
        "Can't send a SharedArrayBuffer: it can only be shared with threads of the same process. Use a ThreadPoolExecutor, or send a copy of its bytes.",
        trail,
      );
    return;
  }
  if (types.isExternal(object)) throw handle(object, trail);
  if (isPlatformValue(object)) return;
  const verdict = verdictOn(object, lookup);
  // Errors and views of Node's own classes are data.
  const isData = types.isNativeError(object) || ArrayBuffer.isView(object);
  if (verdict === 'hidden' && !isData) throw handle(object, trail);
  if (verdict === 'private' && lookup.hasPrivateFields(object))
    throw new Refusal(
      'ERR_PRIVATE_FIELDS',
      `Can't send an instance of ${className(object)}: it has private fields, which only code inside its class can read. ` +
        'Pass plain data, and make the instance there.',
      trail,
    );
}

function handle(object: object, trail: Trail): Refusal {
  return new Refusal(
    'ERR_HANDLE',
    `Can't send an instance of ${className(object)}, which belongs to this thread. Open it inside the function, ` +
      'or import it from a module so that each worker gets its own.',
    trail,
  );
}

function verdictOn(object: object, lookup: Lookup): 'open' | 'private' | 'hidden' {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (!isObject(prototype) || prototype === objectPrototype) return 'open';
  const known = verdicts.get(prototype);
  if (known !== undefined) return known;
  const verdict = judge(prototype, lookup);
  verdicts.set(prototype, verdict);
  return verdict;
}

function judge(prototype: object, lookup: Lookup): 'open' | 'private' | 'hidden' {
  let verdict: 'open' | 'private' = 'open';
  for (let each: unknown = prototype; isObject(each); each = Object.getPrototypeOf(each)) {
    if (types.isProxy(each)) return 'hidden';
    const constructor = valueAt(each, 'constructor', false);
    if (typeof constructor !== 'function' || transparent.has(constructor)) continue;
    if (constructor.prototype !== each) continue;
    const found = lookup.find(constructor);
    if (owns(found, 'builtin')) {
      const { builtin } = found;
      // Another context of `node:vm` has its own `Map`, which is treated like the one here.
      const [name = '', ...inner] = owns(builtin, 'global') ? builtin.global : [];
      if (inner.length === 0 && transparent.has(Reflect.get(globalThis, name))) continue;
      const isBuiltin = !owns(builtin, 'reference') || builtin.reference.module.startsWith('node:');
      if (isBuiltin && !(each instanceof Error) && each !== Error.prototype) return 'hidden';
    } else {
      const { origin } = found;
      const isNative =
        origin !== undefined &&
        (origin.sight.location === undefined || origin.url?.startsWith('node:') === true);
      if (isNative && origin.sight.bound === undefined) return 'hidden';
    }
    if (lookup.sourceOf(constructor).includes('#')) verdict = 'private';
  }
  return verdict;
}

function isWeak(object: object): boolean {
  return object instanceof WeakRef || object instanceof FinalizationRegistry;
}

function isIterator(object: object): boolean {
  if (types.isMapIterator(object) || types.isSetIterator(object)) return true;
  const prototype: unknown = Object.getPrototypeOf(object);
  const tag = isObject(prototype) ? valueAt(prototype, Symbol.toStringTag, false) : undefined;
  return typeof tag === 'string' && / Iterator$|^Iterator Helper$/.test(tag);
}
