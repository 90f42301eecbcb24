/** What would travel with a function: for tests, and for those who have to know what leaves the process. */
import { serialize } from 'node:v8';
import type { Packed, PackedNode, PackedValue } from '../protocol/packed.ts';
import { partsOf } from '../protocol/packed-parts.ts';
import { owns } from '../util/own.ts';
import { checkFunction, functionName } from '../util/validate.ts';
import { findReference, packFunction, type SomeFunction } from './prepare.ts';

/** Something that a function takes from outside. */
export interface CaptureDescription {
  /** The variable; of a bound function `this` and `arguments[0]`. */
  readonly name: string;
  /** `reference`: a worker imports it. `value`: a copy of it travels. */
  readonly how: 'reference' | 'value';
  /** How much travels for it, about; what several captures share counts for each of them. */
  readonly bytes: number;
}

export interface FunctionDescription {
  /** `reference`: workers import it. `value`: its source travels, with what it has captured. */
  readonly how: 'reference' | 'value';
  readonly name: string;
  /** By reference: the URL of the module, or `globalThis`. By value: the file that defines it. */
  readonly module: string | undefined;
  /** By reference: the export, and the way on for a member of it. */
  readonly export: string | undefined;
  readonly captures: readonly CaptureDescription[];
  /** How much travels, about, where it travels by value. */
  readonly bytes: number;
}

const REFERENCES: ReadonlySet<PackedNode['k']> = new Set([
  'reference',
  'global',
  'import',
  'module',
  'require',
]);

/**
 * Tells how `fn` would get to a worker if it were submitted now, and what would travel with it. Sends
 * nothing, runs nothing of it.
 *
 * @throws TypeError if `fn` is no function; PicklingError if it can't travel, with the way to what can't.
 * @example `describe(() => total * 2).captures // [{ name: 'total', how: 'value', bytes: 10 }]`
 */
export function describe(fn: SomeFunction): FunctionDescription {
  checkFunction('fn', fn);
  const reference = findReference(fn);
  if (reference !== undefined) {
    const { name, source } = reference;
    const isGlobal = owns(source, 'global');
    return Object.freeze({
      how: 'reference',
      name,
      module: isGlobal ? 'globalThis' : owns(source, 'module') ? source.module : undefined,
      export: isGlobal
        ? source.global.join('.')
        : owns(source, 'module')
          ? source.path.join('.')
          : name,
      captures: [],
      bytes: 0,
    });
  }
  const packed = packFunction(fn);
  const root = nodeOf(packed, packed.fn);
  return Object.freeze({
    how: 'value',
    name: functionName(fn),
    module: root?.k === 'closure' && root.code.file !== '' ? root.code.file : undefined,
    export: undefined,
    captures: capturesOf(root).map(([name, value]) => {
      const node = nodeOf(packed, value);
      const isReference = node !== undefined && REFERENCES.has(node.k);
      return Object.freeze({
        name,
        how: isReference ? ('reference' as const) : ('value' as const),
        bytes: sizeOf(packed, value),
      });
    }),
    bytes: sizeOf(packed, packed.fn),
  });
}

function nodeOf({ nodes }: Packed, value: PackedValue): PackedNode | undefined {
  return typeof value === 'object' && value !== null ? nodes[value.n] : undefined;
}

function capturesOf(node: PackedNode | undefined): [string, PackedValue][] {
  if (node?.k === 'closure')
    return node.code.names.map((name, index) => [nameOf(name), node.values[index]]);
  if (node?.k !== 'bound') return [];
  return [
    ['this', node.self],
    ...node.args.map((each, index): [string, PackedValue] => [`arguments[${index}]`, each]),
  ];
}

/** What stands in the source for what only a class or a module can say. */
function nameOf(name: string): string {
  return name === '$cf_super' ? 'extends' : name === '$cf_meta' ? 'import.meta' : name;
}

function sizeOf(packed: Packed, root: PackedValue): number {
  const seen = new Set<PackedNode>();
  let bytes = 0;
  const open = [root];
  while (open.length > 0) {
    const value = open.pop();
    const node = nodeOf(packed, value);
    if (node === undefined) bytes += bytesOf(value);
    else if (!seen.has(node)) {
      seen.add(node);
      bytes += node.k === 'data' ? bytesOf(node.value) : bytesOf(node);
      open.push(...partsOf(node));
    }
  }
  return bytes;
}

function bytesOf(value: unknown): number {
  try {
    // What is written in front of every value says nothing about this one.
    return serialize(value).byteLength - 2;
  } catch {
    // Shared memory, or what only threads can hand to each other: nothing is copied.
    return 0;
  }
}
