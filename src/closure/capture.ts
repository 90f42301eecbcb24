/**
 * Packs functions and values in their current state into a table of nodes.
 *
 *     value -> a node number and an entry in the worklist -> … processing the worklist -> the node
 *
 * The parts of a node get nodes of their own later, so nothing here is recursive, and lists may be nested to any
 * depth. Data that can be cloned without loss stays in one piece. If some of it is shared with data that has to be
 * packed part by part, everything is packed once more, part by part: only then the worker gets one copy of the
 * shared data, not two.
 */
import { isAbsolute, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import { arrayPrototype, hasItemsOnly, LONG_ARRAY } from '../codec/plainness.ts';
import type { Lookup } from '../lookup/lookup.ts';
import type { Packed, PackedNode, PackedValue } from '../protocol/packed.ts';
import { owns } from '../util/own.ts';
import { FunctionCapture } from './capture-function.ts';
import { ObjectCapture } from './capture-object.ts';
import { FreeVariableFinder } from './free-variables.ts';
import { isLeaf, isPlain, type LeafRules, walkPlain } from './plain-data.ts';
import { further, nameOf, Refusal, type Trail } from './refusal.ts';

/** Returns the tag of a function; see functions/task.ts. */
export type TagOf = (
  fn: object,
) => { readonly module: string; readonly path: readonly string[] } | undefined;

export interface CaptureTools {
  readonly lookup: Lookup;
  readonly finder: FreeVariableFinder;
  readonly tagOf: TagOf;
}

/** Makes the parts of nodes. The two kinds of captures use nothing else of this module. */
export interface Packer {
  readonly tools: CaptureTools;
  readonly rules: LeafRules;
  /** Packs a part of a node. */
  value(value: unknown, trail: Trail): PackedValue;
  /** Packs a value that stands alone: a variable, an argument. Plain data stays in one piece. */
  root(value: unknown, trail: Trail): PackedValue;
  /** Adds a node that does not stand for a value of the program. */
  node(node: PackedNode): PackedValue;
  /** Adds a node for the properties of `object`, which another node stands for. */
  body(object: object, trail: Trail): PackedValue;
}

interface Work {
  readonly index: number;
  readonly object: object;
  readonly trail: Trail;
  readonly asBody: boolean;
}

const pending: PackedNode = { k: 'data', value: undefined };

class Capture implements Packer {
  readonly tools: CaptureTools;
  readonly rules: LeafRules;
  readonly nodes: PackedNode[] = [];
  readonly #apart: boolean;
  readonly #seen = new Map<unknown, { readonly n: number }>();
  readonly #whole: object[] = [];
  readonly #work: Work[] = [];
  readonly #functions: FunctionCapture;
  readonly #objects: ObjectCapture;
  /** Data that was packed part by part. */
  readonly #dissected = new Set<object>();

  /** @param apart - true to pack all data part by part. */
  constructor(tools: CaptureTools, rules: LeafRules, apart: boolean) {
    this.tools = tools;
    this.rules = rules;
    this.#apart = apart;
    this.#functions = new FunctionCapture(this);
    this.#objects = new ObjectCapture(this);
  }

  /** Processes the worklist. @returns false if shared data was split into two copies. */
  finish(): boolean {
    for (let work = this.#work.pop(); work !== undefined; work = this.#work.pop()) {
      const { index, object, trail, asBody } = work;
      this.nodes[index] =
        typeof object === 'function' && !asBody
          ? this.#functions.node(object as (...args: never[]) => unknown, trail)
          : this.#objects.node(object, trail, asBody);
    }
    return this.#dissected.size === 0 || !this.#isTorn();
  }

  root(value: unknown, trail: Trail): PackedValue {
    const isData = typeof value === 'object' && value !== null && !this.#seen.has(value);
    if (!isData || this.#apart || !isPlain(value, this.rules)) return this.value(value, trail);
    this.#whole.push(value);
    return this.#leaf(value);
  }

  /** Records an argument that travels beside the table. @returns false if it has to be packed. */
  pass(value: unknown): boolean {
    if (typeof value === 'function' || typeof value === 'symbol') return false;
    if (typeof value !== 'object' || value === null) return true;
    if (!isPlain(value, this.rules)) return false;
    this.#whole.push(value);
    return true;
  }

  value(value: unknown, trail: Trail): PackedValue {
    switch (typeof value) {
      case 'function':
        break;
      case 'object':
        if (value === null) return null;
        break;
      case 'symbol':
        return this.#seen.get(value) ?? this.#remember(value, this.node(symbolNode(value)));
      default:
        return value as PackedValue;
    }
    const known = this.#seen.get(value);
    if (known !== undefined) return known;
    if (typeof value === 'object' && (isLeaf(value, this.rules) || isFlat(value)))
      return this.#leaf(value);
    if (typeof value === 'object') this.#dissected.add(value);
    const node = this.node(pending);
    this.#remember(value, node);
    this.#work.push({ index: node.n, object: value, trail, asBody: false });
    return node;
  }

  node(node: PackedNode): { readonly n: number } {
    return { n: this.nodes.push(node) - 1 };
  }

  body(object: object, trail: Trail): PackedValue {
    const node = this.node(pending);
    this.#work.push({ index: node.n, object, trail, asBody: true });
    return node;
  }

  #leaf(value: object): PackedValue {
    return this.#remember(value, this.node({ k: 'data', value }));
  }

  #remember(value: unknown, node: PackedValue): PackedValue {
    this.#seen.set(value, node as { n: number });
    return node;
  }

  /** True if an object was packed part by part and is also inside data that was packed in one piece. */
  #isTorn(): boolean {
    for (const whole of this.#whole) {
      const inside = new Set<object>();
      walkPlain(whole, this.rules, inside);
      for (const object of inside) if (this.#dissected.has(object)) return true;
    }
    return false;
  }
}

/** True for an array of primitives only, which can be cloned without loss. */
function isFlat(value: object): boolean {
  if (
    types.isProxy(value) ||
    !Array.isArray(value) ||
    Object.getPrototypeOf(value) !== arrayPrototype ||
    !Object.isExtensible(value)
  )
    return false;
  for (let i = 0; i < value.length; i++) {
    const each: unknown = value[i];
    if (
      (typeof each === 'object' && each !== null) ||
      typeof each === 'function' ||
      typeof each === 'symbol'
    )
      return false;
  }
  return value.length > LONG_ARRAY || hasItemsOnly(value);
}

function symbolNode(symbol: symbol): PackedNode {
  const shared = Symbol.keyFor(symbol);
  if (shared !== undefined) return { k: 'symbol', key: shared, how: 'shared' };
  for (const key of Object.getOwnPropertyNames(Symbol))
    if (Reflect.get(Symbol, key) === symbol) return { k: 'symbol', key, how: 'known' };
  return { k: 'symbol', key: symbol.description ?? '', how: 'own' };
}

/** The function to pack, or the name and the node of a known one. */
export type Start = { readonly fn: object } | { readonly name: string; readonly node: PackedNode };

/** The packed function, or the reason why it can't be sent. */
export type Captured = { readonly packed: Packed } | { readonly refused: Refusal };

export class Capturer {
  readonly #tools: CaptureTools;

  constructor(lookup: Lookup, tagOf: TagOf) {
    this.#tools = { lookup, tagOf, finder: new FreeVariableFinder(lookup) };
  }

  /** Packs a function. Arguments that can be cloned are left out of the table: they travel beside it. */
  pack(start: Start, args: readonly unknown[], rules: LeafRules): Captured {
    try {
      return { packed: this.#pack(start, args, rules) };
    } catch (error) {
      if (error instanceof Refusal) return { refused: error };
      throw error;
    }
  }

  /** True if these arguments can be cloned without loss. */
  areClonable(args: readonly unknown[], rules: LeafRules): boolean {
    const session = new Capture(this.#tools, rules, false);
    return args.every((arg) => session.pass(arg));
  }

  #pack(start: Start, args: readonly unknown[], rules: LeafRules): Packed {
    const tools = this.#tools;
    const origin = further(
      undefined,
      owns(start, 'fn') ? () => positionOf(tools, start.fn) : start.name,
    );
    for (const apart of [false, true]) {
      const session = new Capture(tools, rules, apart);
      const fn = owns(start, 'fn') ? session.value(start.fn, origin) : session.node(start.node);
      const beside = !apart && args.every((arg) => session.pass(arg));
      const list = beside
        ? undefined
        : args.map((arg, index) => session.root(arg, further(origin, `argument ${index + 1}`)));
      if (!session.finish() && !apart) continue;
      const { nodes } = session;
      return list === undefined ? { nodes, fn } : { nodes, fn, args: list };
    }
    throw new Error('Data that is packed part by part can not be split into copies.');
  }
}

/** The name and position of a function, for messages. */
function positionOf({ lookup }: CaptureTools, fn: object): string {
  const found = lookup.find(fn);
  const location = owns(found, 'origin') ? found.origin?.sight.location : undefined;
  if (!owns(found, 'origin') || location === undefined) return nameOf(fn);
  const url = found.origin?.url ?? 'an unknown script';
  return `${nameOf(fn)} (${shortPath(url)}:${location.line + 1}:${location.column + 1})`;
}

function shortPath(url: string): string {
  const file = url.startsWith('file:') ? fileURLToPath(url.replace(/[?#].*$/, '')) : url;
  const near = relative(process.cwd(), file);
  return isAbsolute(file) && !near.startsWith('..') && near !== '' ? near : file;
}
