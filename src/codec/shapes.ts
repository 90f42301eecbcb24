/**
 * Shapes: the key lists of plain objects, transmitted once and not with every object.
 *
 * Calls carry objects of few kinds again and again, and the keys cause most of the cost of reading an object. So a
 * writer numbers the key lists that occur repeatedly and appends their definitions to a region that all its readers
 * can read. An object is then a number and its values.
 *
 *     region:  u32 end | definition | definition | …      definition: u16 keys, then u16 length + UTF-16 each
 *
 * Only the writer appends, and it moves `end` before anything that uses the new shape is published. So a reader that
 * gets an unknown number finds it in the region. The region is never rewritten: if it is full, or if objects are
 * used as dictionaries with ever new keys, no further shapes are defined, and such objects travel with their keys.
 */

import { Script } from 'node:vm';
import {
  bufferOf,
  byteLengthOf,
  byteOffsetOf,
  charCodeAt,
  defineValue,
  fromCharCode,
  objectKeys,
  runInThisContext,
  SafeDataView,
  SafeMap,
  stringify,
  TrueError,
} from '../util/primordials.ts';

/** Room for the definitions of one writer. */
export const SHAPE_REGION_BYTES = 32 * 1024;

const MAX_KEYS = 64;
/** Limits the memory for keys of objects that are used as dictionaries. */
const MAX_NODES = 4096;

/** A node in the trie of key sequences; like an engine's hidden classes, with the last step cached. */
export class ShapeNode {
  lastKey: string | undefined = undefined;
  lastNext: ShapeNode | undefined = undefined;
  /** The number of the shape that ends here, or -1. */
  shape = -1;
  seen = 0;
  #next: SafeMap<string, ShapeNode> | undefined = undefined;

  step(key: string, canGrow: () => boolean): ShapeNode | undefined {
    let next = this.#next?.get(key);
    if (next === undefined) {
      if (!canGrow()) return undefined;
      next = new ShapeNode();
      this.#next ??= new SafeMap();
      this.#next.set(key, next);
    }
    this.lastKey = key;
    this.lastNext = next;
    return next;
  }
}

/** The writer's side: finds the number of a key list, and defines a shape if it pays. */
export class ShapeWriter {
  readonly root: ShapeNode = new ShapeNode();
  readonly #region: SafeDataView;
  #end = 4;
  #shapes = 0;
  #nodes = 0;
  readonly #canGrow = (): boolean => this.#nodes++ < MAX_NODES;

  constructor(region: DataView) {
    this.#region = safeView(region);
    this.#region.setUint32(0, this.#end, true);
  }

  step(node: ShapeNode, key: string): ShapeNode | undefined {
    return node.step(key, this.#canGrow);
  }

  /**
   * Gives the shape that ends at `node` a number. @returns false if it gets none: key lists that occurred only once
   * get none, so that one-off objects don't use up the region.
   */
  define(node: ShapeNode, object: object): boolean {
    if (node.seen++ === 0) return false;
    // A getter may have added or removed keys, or polluted Object.prototype, while the values were written.
    const keys = objectKeys(object);
    if (keys.length > MAX_KEYS || !this.#leadsTo(node, keys)) return false;
    let bytes = 2;
    for (let k = 0; k < keys.length; k++) {
      const key = keys[k] as string;
      if (key === '__proto__') return false;
      bytes += 2 + 2 * key.length;
    }
    if (this.#end + bytes > this.#region.byteLength || this.#shapes > 0xffff) return false;
    let at = this.#end;
    this.#region.setUint16(at, keys.length, true);
    at += 2;
    for (let k = 0; k < keys.length; k++) {
      const key = keys[k] as string;
      this.#region.setUint16(at, key.length, true);
      at += 2;
      for (let i = 0; i < key.length; i++, at += 2)
        this.#region.setUint16(at, charCodeAt(key, i), true);
    }
    this.#end = at;
    this.#region.setUint32(0, at, true);
    node.shape = this.#shapes++;
    return true;
  }

  #leadsTo(node: ShapeNode, keys: readonly string[]): boolean {
    let at: ShapeNode | undefined = this.root;
    for (let k = 0; k < keys.length; k++) at = at?.step(keys[k] as string, cannotGrow);
    return at === node;
  }
}

function cannotGrow(): boolean {
  return false;
}

function safeView(region: DataView): SafeDataView {
  return new SafeDataView(bufferOf(region), byteOffsetOf(region), byteLengthOf(region));
}

/** The methods of a value reader that a shape needs to read an object. */
export interface ValueSource {
  value(): unknown;
  /** Gives an object its number, before its values are read. */
  known<O extends object>(object: O): O;
}

/** From this number of objects on, a shape is read by compiled code. */
const WORTH_COMPILING = 16;

/** A key list, on the reader's side. */
export class Shape {
  readonly #keys: readonly string[];
  /** Copied for each new object, so that it has its final hidden class from the start. */
  readonly #template: Readonly<Record<string, unknown>>;
  #reads = 0;
  #compiled: ((source: ValueSource) => object) | undefined = undefined;

  constructor(keys: readonly string[]) {
    this.#keys = keys;
    const template: Record<string, unknown> = {};
    for (let k = 0; k < keys.length; k++) defineValue(template, keys[k] as string, undefined, true);
    this.#template = template;
  }

  read(source: ValueSource): object {
    if (this.#compiled !== undefined) return this.#compiled(source);
    if (++this.#reads === WORTH_COMPILING) this.#compiled = compile(this.#keys);
    const object: Record<string, unknown> = source.known({ ...this.#template });
    for (let k = 0; k < this.#keys.length; k++) object[this.#keys[k] as string] = source.value();
    return object;
  }
}

/**
 * Compiles an object literal and one assignment per key, which takes the engine a fifth of the time of copying and
 * looking up the keys. With `vm`, because programs may forbid `new Function`.
 */
function compile(keys: readonly string[]): (source: ValueSource) => object {
  let literal = '';
  let assignments = '';
  for (let k = 0; k < keys.length; k++) {
    const name = stringify(keys[k]);
    literal += `${name}: undefined, `;
    assignments += `object[${name}] = source.value(); `;
  }
  const code = `(source) => { const object = source.known({ ${literal} }); ${assignments} return object; }`;
  const options = { __proto__: null, filename: 'concurrent-futures:shape' };
  const script = new Script(code, options);
  return runInThisContext(script) as (source: ValueSource) => object;
}

/** The reader's side. */
export class ShapeReader {
  readonly #region: SafeDataView;
  readonly #shapes: Shape[] = [];
  #end = 4;

  constructor(region: DataView) {
    this.#region = safeView(region);
  }

  get(shape: number): Shape {
    // Compares with the length, because a task may have added an index to a prototype.
    if (shape >= this.#shapes.length) this.#readDefinitions();
    if (shape >= this.#shapes.length)
      throw new TrueError(`Shape ${shape} was used but never defined.`);
    return this.#shapes[shape] as Shape;
  }

  #readDefinitions(): void {
    const end = this.#region.getUint32(0, true);
    let at = this.#end;
    while (at < end) {
      const keys: string[] = [];
      const count = this.#region.getUint16(at, true);
      at += 2;
      for (let k = 0; k < count; k++) {
        const length = this.#region.getUint16(at, true);
        at += 2;
        let key = '';
        for (let i = 0; i < length; i++, at += 2)
          key += fromCharCode(this.#region.getUint16(at, true));
        keys[k] = key;
      }
      this.#shapes[this.#shapes.length] = new Shape(keys);
    }
    this.#end = at;
  }
}
