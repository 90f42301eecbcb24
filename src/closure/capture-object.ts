/**
 * Makes the node of an object that structured cloning can't carry, or not without loss (instances, accessors, frozen
 * objects, errors), or explains why the object can't be sent.
 */
import { types } from 'node:util';
import { isObject, valueAt } from '../lookup/identity.ts';
import type { BuiltinReference } from '../lookup/builtins.ts';
import type {
  PackedAccessor,
  PackedEntries,
  PackedNode,
  PackedObject,
  PackedValue,
} from '../protocol/packed.ts';
import { owns } from '../util/own.ts';
import type { Packer } from './capture.ts';
import { checkSendable } from './handles.ts';
import { isPlatformValue } from './plain-data.ts';
import { further, member, type Trail } from './refusal.ts';

export class ObjectCapture {
  readonly #packer: Packer;

  constructor(packer: Packer) {
    this.#packer = packer;
  }

  /** @param asBody - true to pack only its properties, because another node stands for the object itself. */
  node(object: object, trail: Trail, asBody: boolean): PackedNode {
    if (asBody) return this.#properties(object, trail);
    const { tools } = this.#packer;
    const named = this.#named(object);
    if (named !== undefined) return named;
    checkSendable(object, tools.lookup, this.#packer.rules, trail);
    const owner = constructorOf(object);
    if (owner !== undefined) return { k: 'prototype', of: this.#packer.value(owner, trail) };
    if (Buffer.isBuffer(object)) return bufferNode(object);
    if (Array.isArray(object)) return this.#array(object, trail);
    if (types.isMap(object)) return this.#collection('map', object, [...object].flat(), trail);
    if (types.isSet(object)) return this.#collection('set', object, [...object], trail);
    if (types.isNativeError(object) || object instanceof Error) return this.#error(object, trail);
    if (object instanceof URL) return { k: 'url', text: object.href };
    if (object instanceof URLSearchParams) return { k: 'search', text: object.toString() };
    if (isPlatformValue(object)) return { k: 'data', value: object };
    if (isClonable(object)) return this.#extended(object, trail);
    return this.#properties(object, trail);
  }

  /** Cloning would turn the object into an instance of the built-in class that its own class extends. */
  #extended(object: object, trail: Trail): PackedNode {
    const kind = Object.prototype.toString.call(object).slice(8, -1);
    if (this.#isPrototypeOf(kind, Object.getPrototypeOf(object)))
      return { k: 'data', value: object };
    const proto = this.#proto(object, undefined, trail);
    const hasElements = ArrayBuffer.isView(object) || types.isStringObject(object);
    const { entries } = this.#entries(object, trail, hasElements);
    return { k: 'extended', value: object, proto, entries };
  }

  #named(object: object): PackedNode | undefined {
    if (types.isProxy(object)) return undefined;
    const { lookup } = this.#packer.tools;
    const builtin = lookup.builtin(object);
    if (builtin !== undefined) return globalNode(builtin);
    const url = lookup.commonjsModule(object);
    return url === undefined ? undefined : { k: 'module', url };
  }

  #array(array: readonly unknown[], trail: Trail): PackedNode {
    const entries: PackedValue[] = [];
    for (const key of Reflect.ownKeys(array)) {
      const property = Object.getOwnPropertyDescriptor(array, key);
      if (property?.enumerable !== true) continue;
      const step = further(trail, member(key));
      const value: unknown = Object.hasOwn(property, 'value')
        ? property.value
        : Reflect.get(array, key);
      entries.push(this.#packer.value(key, step), this.#packer.value(value, step));
    }
    const proto = this.#proto(array, Array.prototype, trail);
    return { k: 'array', proto, length: array.length, entries, ...levelOf(array) };
  }

  #collection(
    k: 'map' | 'set',
    object: object,
    items: readonly unknown[],
    trail: Trail,
  ): PackedNode {
    const home = k === 'map' ? Map.prototype : Set.prototype;
    return {
      k,
      proto: this.#proto(object, home, trail),
      items: items.map((item) => this.#packer.value(item, further(trail, 'an entry'))),
      entries: this.#entries(object, trail).entries,
    };
  }

  #error(error: object, trail: Trail): PackedNode {
    const entries: PackedValue[] = [];
    for (const key of Reflect.ownKeys(error)) {
      const step = further(trail, member(key));
      entries.push(
        this.#packer.value(key, step),
        this.#packer.value(Reflect.get(error, key), step),
      );
    }
    // In some versions of Node, `stack` is not an own property of the error.
    if (!Object.hasOwn(error, 'stack')) entries.push('stack', String(Reflect.get(error, 'stack')));
    const proto = this.#proto(error, undefined, trail);
    if (!(error instanceof DOMException)) return { k: 'error', proto, entries };
    return { k: 'error', proto, entries, dom: [error.message, error.name] };
  }

  #properties(object: object, trail: Trail): PackedObject {
    const { entries, accessors } = this.#entries(object, trail);
    return {
      k: 'object',
      proto: this.#proto(object, Object.prototype, trail),
      entries,
      ...(accessors.length === 0 ? {} : { accessors }),
      ...levelOf(object),
    };
  }

  /** True for the prototype of the built-in class `kind`, in this or another context of `node:vm`. */
  #isPrototypeOf(kind: string, prototype: unknown): boolean {
    const constructor = isObject(prototype) ? constructorOf(prototype) : undefined;
    if (constructor === undefined) return false;
    const found = this.#packer.tools.lookup.find(constructor);
    return (
      owns(found, 'builtin') &&
      owns(found.builtin, 'global') &&
      found.builtin.global.join('.') === kind
    );
  }

  /** @param hasElements - true to leave out the indices, which are not properties to copy. */
  #entries(
    object: object,
    trail: Trail,
    hasElements = false,
  ): { entries: PackedEntries; accessors: PackedAccessor[] } {
    const entries: PackedValue[] = [];
    const accessors: PackedAccessor[] = [];
    for (const key of Reflect.ownKeys(object)) {
      const property = Object.getOwnPropertyDescriptor(object, key);
      if (property === undefined) continue;
      if (hasElements && typeof key === 'string' && /^\d+$/.test(key)) continue;
      const step = further(trail, member(key));
      if (Object.hasOwn(property, 'value')) {
        // As in structured cloning, properties that are not enumerable are left out.
        if (property.enumerable !== true) continue;
        entries.push(this.#packer.value(key, step), this.#packer.value(property.value, step));
        continue;
      }
      accessors.push({
        key: this.#packer.value(key, step),
        get: this.#packer.value(Reflect.get(property, 'get'), step),
        set: this.#packer.value(Reflect.get(property, 'set'), step),
        enumerable: property.enumerable === true,
      });
    }
    return { entries, accessors };
  }

  /** The prototype, or undefined if it is `home`, the default prototype of such objects. */
  #proto(object: object, home: object | undefined, trail: Trail): PackedValue {
    const prototype: unknown = Object.getPrototypeOf(object);
    if (prototype === home) return undefined;
    if (!isObject(prototype)) return null;
    return this.#packer.value(prototype, further(trail, 'its prototype'));
  }
}

/** True for objects that can be cloned, and for instances of their subclasses. */
function isClonable(object: object): boolean {
  return (
    ArrayBuffer.isView(object) ||
    types.isAnyArrayBuffer(object) ||
    types.isDate(object) ||
    types.isRegExp(object) ||
    types.isBoxedPrimitive(object)
  );
}

/** The class or function whose `prototype` is this object. */
function constructorOf(object: object): object | undefined {
  const constructor = valueAt(object, 'constructor', false);
  if (typeof constructor !== 'function') return undefined;
  return valueAt(constructor, 'prototype', false) === object ? constructor : undefined;
}

export function globalNode(builtin: BuiltinReference): PackedNode {
  if (owns(builtin, 'global')) return { k: 'global', path: builtin.global };
  if (owns(builtin, 'module')) return { k: 'module', url: builtin.module };
  return { k: 'reference', at: builtin.reference };
}

/** Small buffers lie in memory that Node shares among them; only their own part of it is sent. */
function bufferNode(buffer: Buffer): PackedNode {
  const isWhole = buffer.byteLength === buffer.buffer.byteLength;
  const view = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  return { k: 'buffer', view: isWhole ? view : view.slice() };
}

function levelOf(object: object): { level?: 'frozen' | 'sealed' | 'fixed' } {
  if (Object.isExtensible(object)) return {};
  if (Object.isFrozen(object)) return { level: 'frozen' };
  return { level: Object.isSealed(object) ? 'sealed' : 'fixed' };
}
