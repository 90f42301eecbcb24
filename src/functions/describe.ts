/** The data that would be sent with a function: for tests, and for programs with secrets in memory. */
import { serialize } from 'node:v8';
import type { Packed, PackedNode, PackedValue } from '../protocol/packed.ts';
import { partsOf } from '../protocol/packed-parts.ts';
import { owns } from '../util/own.ts';
import { checkFunction, functionName } from '../util/validate.ts';
import { findReference, packFunction, type SomeFunction } from './prepare.ts';

/** A variable that a function uses from outside, in a {@link FunctionDescription}. */
export interface CaptureDescription {
  /** The name of the variable; of a bound function `this` or `arguments[0]`. */
  readonly name: string;
  /** `'reference'`: a worker imports it. `'value'`: a copy of it is sent. */
  readonly how: 'reference' | 'value';
  /** The approximate number of bytes that are sent for it. Shared parts count for each capture. */
  readonly bytes: number;
}

/** The result of {@link describe}. */
export interface FunctionDescription {
  /**
   * `'reference'`: workers import the function. `'value'`: its source is sent, with a copy of its captured variables.
   */
  readonly how: 'reference' | 'value';
  /** The name of the function; for a reference the path to it, such as `Math.max`. */
  readonly name: string;
  /** The URL of the module, or `'globalThis'`, for a reference; for a value the file that defines the function. */
  readonly module: string | undefined;
  /** The name of the export for a reference, or the path to a member of it; for a value `undefined`. */
  readonly export: string | undefined;
  /** The captured variables for a value; for a reference none. */
  readonly captures: readonly CaptureDescription[];
  /** The approximate number of bytes that are sent for a value; for a reference 0. */
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
 * Describes how `fn` would get to a worker if it were submitted now, and the data that would be sent with it. Does not
 * send it and does not call it.
 *
 * @throws `TypeError` if `fn` is no function; `PicklingError` if it can't be sent, with the path to the value that
 *   can't.
 * @example
 * ```ts
 * import { describe } from 'concurrent-futures';
 *
 * const total = 21;
 * const { how, captures } = describe(() => total * 2);
 * console.log(how, captures.map(({ name }) => name)); // value [ 'total' ]
 * console.log(describe(Math.max).how); // reference
 * ```
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

/** The words of the program for the names that stand for a parent class or `import.meta` in the sent source. */
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
    // Without the two bytes that are written in front of every value.
    return serialize(value).byteLength - 2;
  } catch {
    // Shared memory, or an object that threads hand to each other: nothing is copied.
    return 0;
  }
}
