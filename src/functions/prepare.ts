/**
 * Decides during `submit` how a function gets to a worker.
 *
 *     tag -> known before -> loaded modules -> inspector      found: by reference
 *                                                 not found: by value, with its captured values
 *
 * A function that needs nothing from outside is packed once. Any other is packed for each call, because the
 * variables that it uses may have changed.
 */
import { types } from 'node:util';
import type { Captured, Capturer, Start } from '../closure/capture.ts';
import { isImmutable } from '../codec/unsendable.ts';
import { PicklingError } from '../errors.ts';
import type { Lookup } from '../lookup/lookup.ts';
import type { FunctionSource, NamedFunction } from '../protocol/messages.ts';
import type { Packed, PackedNode, PackedValue } from '../protocol/packed.ts';
import { owns } from '../util/own.ts';
import { functionName, isIdentifier } from '../util/validate.ts';
import { loadCapture, loadLookup } from './lazy-code.ts';
import { tagOf } from './task.ts';

/** Stands for the name of a function without one in messages. */
const ANONYMOUS = 'anonymous';

/** Any function. */
export type SomeFunction = (...args: never[]) => unknown;

/** The functions that may be sent: all (`'auto'`), or only those that a worker can import (`'reference'`). */
export type FunctionPolicy = 'auto' | 'reference';

/** A call in the form in which it is sent. */
export interface PreparedCall {
  readonly fn: NamedFunction;
  readonly args: unknown[];
  /** True if every call of this function can use the same source. */
  readonly lasting: boolean;
}

export interface PrepareOptions {
  readonly policy: FunctionPolicy;
  /** True if workers share this process's memory. */
  readonly shares: boolean;
  /** Objects that are transferred to the worker. */
  readonly moved?: readonly object[] | undefined;
}

let lookup: Lookup | undefined;
let capturer: Capturer | undefined;

/** The lookup of this thread. All pools share its results. */
function theLookup(): Lookup {
  lookup ??= new (loadLookup().Lookup)();
  return lookup;
}

function theCapturer(): Capturer {
  capturer ??= new (loadCapture().Capturer)(theLookup(), tagOf);
  return capturer;
}

/** The source from which workers can get `fn` by themselves; undefined if there is none. */
export function findReference(fn: SomeFunction): NamedFunction | undefined {
  const tag = tagOf(fn);
  if (tag !== undefined) return { name: tag.path.join('.'), source: tag };
  if (types.isProxy(fn))
    throw new PicklingError("Can't send a Proxy of a function. Pass the function itself.", {
      code: 'ERR_PROXY',
    });
  const here = theLookup();
  here.afresh();
  const found = here.find(fn);
  if (!owns(found, 'builtin')) return undefined;
  const { builtin } = found;
  if (owns(builtin, 'global')) return { name: builtin.global.join('.'), source: builtin };
  if (owns(builtin, 'module'))
    return { name: nameOf(fn), source: { module: builtin.module, path: ['default'] } };
  const { path } = builtin.reference;
  return { name: path.length === 0 ? nameOf(fn) : path.join('.'), source: builtin.reference };
}

/** Packs a function in its current state. @throws PicklingError if it can't be sent. */
export function packFunction(fn: SomeFunction): Packed {
  return pack({ fn }, [], { policy: 'auto', shares: true, moved: [] });
}

/** @throws PicklingError that names the value that can't be sent, the path to it, and the remedy. */
export function prepareCall(
  fn: SomeFunction,
  args: unknown[],
  options: PrepareOptions,
): PreparedCall {
  const reference = findReference(fn);
  if (reference !== undefined) return { fn: reference, args, lasting: true };
  checkPolicy(inEachCall(nameOf(fn)), options.policy);
  const packed = pack({ fn }, args, options);
  const name = nameOf(fn);
  if (packed.args === undefined && needsNothing(packed))
    return { fn: { name, source: { value: packed } }, args, lasting: true };
  return { fn: inEachCall(name), args: withPacked(packed, args), lasting: false };
}

/** Packs a function for many calls. Undefined if it needs no packing for each call. */
export function packSnapshot(fn: SomeFunction, options: PrepareOptions): Packed | undefined {
  if (findReference(fn) !== undefined) return undefined;
  checkPolicy(inEachCall(nameOf(fn)), options.policy);
  const packed = pack({ fn }, [], options);
  return needsNothing(packed) ? undefined : packed;
}

/** True if arguments can be cloned without loss, beside a function that travels by value. */
export function areClonable(
  args: readonly unknown[],
  { shares, moved = [] }: PrepareOptions,
): boolean {
  return args.every(isImmutable) || theCapturer().areClonable(args, { shares, moved });
}

/** A call of a function that was packed before. Undefined if its arguments have to be packed, too. */
export function prepareSnapshot(
  fn: SomeFunction,
  packed: Packed,
  args: unknown[],
  options: PrepareOptions,
): PreparedCall | undefined {
  if (!areClonable(args, options)) return undefined;
  return { fn: inEachCall(nameOf(fn)), args: [packed, ...args], lasting: false };
}

/** A call whose arguments can't be cloned: they may contain functions, or be deeply nested. */
export function prepareArguments(
  { name, source }: NamedFunction,
  args: unknown[],
  options: PrepareOptions,
): PreparedCall {
  theLookup().afresh();
  const node = nodeOf(source);
  const packed = pack({ name, node }, args, options);
  const code = packed.nodes.find((each) => each.k === 'closure');
  if (code !== undefined) checkPolicy(inEachCall(code.name), options.policy);
  return { fn: inEachCall(name), args: withPacked(packed, args), lasting: false };
}

function withPacked(packed: Packed, args: unknown[]): unknown[] {
  return packed.args === undefined ? [packed, ...args] : [packed];
}

function pack(
  start: Start,
  args: readonly unknown[],
  { shares, moved = [] }: PrepareOptions,
): Packed {
  let captured: Captured;
  try {
    captured = theCapturer().pack(start, args, { shares, moved });
  } finally {
    // No result may serve another call, or be kept alive until there is one.
    theLookup().afresh();
  }
  if (owns(captured, 'packed')) return captured.packed;
  const { code, message } = captured.refused;
  throw new PicklingError(message, { code });
}

function inEachCall(name: string): NamedFunction {
  return { name, source: { value: 'in each call' } };
}

function nodeOf(source: FunctionSource): PackedNode {
  if (owns(source, 'global')) return { k: 'global', path: source.global };
  if (owns(source, 'module')) return { k: 'reference', at: source };
  throw new PicklingError('A function that was packed before takes no functions as arguments.');
}

/** True if packing it again could not give a different result: it has captured no variables. */
export function needsNothing({ nodes, fn }: Packed): boolean {
  return nodes.every((node, index) => {
    if (node.k !== 'closure') return isConstant(node);
    const isRoot = typeof fn === 'object' && fn?.n === index;
    const { entries, values } = node;
    return isRoot && entries === undefined && values.every((each) => isNode(each));
  });
}

function isConstant({ k }: PackedNode): boolean {
  return k === 'import' || k === 'meta' || k === 'require';
}

function isNode(value: PackedValue): boolean {
  return typeof value === 'object' && value !== null;
}

/** @throws PicklingError if the function would travel by value and the policy does not allow that. */
export function checkPolicy({ name, source }: NamedFunction, policy: FunctionPolicy): void {
  if (policy === 'auto' || !owns(source, 'value')) return;
  const isUnnamed = name === '' || name === ANONYMOUS;
  const known = isIdentifier(name) && !isUnnamed ? name : 'f';
  throw new PicklingError(
    `Can't send ${isUnnamed ? 'an anonymous function' : `function ${name}`}: no module exports it, and this executor was made with ` +
      `{ functions: 'reference' }, so no code is copied. Export it and tag it, export const ${known} = task(import.meta.url, ${known}), ` +
      `or call it by its module: pool.module(new URL('./x.js', import.meta.url)).${known}(…).`,
    { code: 'ERR_NOT_REACHABLE' },
  );
}

function nameOf(fn: SomeFunction): string {
  return functionName(fn) || ANONYMOUS;
}
