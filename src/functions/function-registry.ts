/** The functions that the calls of one pool use. Each has a number, under which it is announced to the workers. */
import {
  isImmutable,
  isUnclonable,
  unsendableArguments,
  unsendableFunction,
  type Way,
} from '../codec/unsendable.ts';
import { ExecutorError } from '../errors.ts';
import type { FunctionEntry, FunctionSource, NamedFunction } from '../protocol/messages.ts';
import type { Packed } from '../protocol/packed.ts';
import { BoundedMap } from '../util/bounded-map.ts';
import { owns } from '../util/own.ts';
import { SnapshotPacker, type FunctionSnapshot } from './function-snapshot.ts';
import {
  areClonable,
  checkPolicy,
  type FunctionPolicy,
  needsNothing,
  prepareArguments,
  prepareCall,
  type PreparedCall,
  type PrepareOptions,
  type SomeFunction,
} from './prepare.ts';

/** A function, or one whose source is known already. */
export type Callee = SomeFunction | NamedFunction;

export interface NumberedCall {
  readonly entry: FunctionEntry;
  readonly args: unknown[];
}

export interface FailedCall extends NumberedCall {
  readonly callee: Callee;
}

function isInEachCall({ source }: NamedFunction): boolean {
  return owns(source, 'value') && source.value === 'in each call';
}

/**
 * The error for a call that can't be sent.
 *
 * @param error - the failure to write the call.
 * @param second - the failure to pack it after that; `error` if packing was not tried.
 */
export function explainFailure(
  { entry, args }: FailedCall,
  error: unknown,
  second: unknown,
  moved: readonly object[] | undefined,
  way?: Way,
): unknown {
  if (second === error && error instanceof ExecutorError) return error;
  const [packed] = args as [Packed];
  const isBeside = isInEachCall(entry) && packed.args === undefined && needsNothing(packed);
  if (isInEachCall(entry) && !isBeside) return unsendableFunction(entry.name, error, way);
  const cause = error instanceof ExecutorError ? error.cause : error;
  return unsendableArguments(
    isBeside ? args.slice(1) : args,
    entry.name,
    cause,
    moved,
    way,
    second === error ? undefined : second,
  );
}

/** Limits the table that workers keep. Beyond it, each call brings its function along. */
const MOST_ENTRIES = 4096;
/** Number of functions by value whose first call is recorded. */
const MOST_STRANGERS = 1000;

function keyOf(name: string, source: FunctionSource): string {
  return textOf([name, source]);
}

/** JSON text without a call of `toJSON`: with one on `Object.prototype`, all keys would be equal. */
function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  let text = '';
  const keys = Object.keys(value);
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] as string;
    text += `${at === 0 ? '' : ','}${JSON.stringify(key)}:${textOf(Reflect.get(value, key))}`;
  }
  return Array.isArray(value) ? `[${text}]` : `{${text}}`;
}

/** If two functions have the same hash, one of them is announced one call too early. */
function hashOf(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
}

export class FunctionRegistry {
  readonly #byKey = new Map<string, FunctionEntry>();
  readonly #byCallee = new WeakMap<object, FunctionEntry>();
  /** Functions by value whose source is the same in each call. */
  readonly #constants = new WeakMap<object, FunctionEntry>();
  /**
   * Functions by value that were called once. A program that makes one per call never calls it again, so it gets no
   * number.
   */
  readonly #strangers = new BoundedMap<number, true>(MOST_STRANGERS);
  readonly #announce: (entry: FunctionEntry) => void;
  readonly #options: PrepareOptions;
  readonly #snapshots: SnapshotPacker;
  #lastCallee: object | undefined = undefined;
  #lastEntry: FunctionEntry | undefined = undefined;

  /** @param announce - sends a new function to the running workers, before any call of it. */
  constructor(
    announce: (entry: FunctionEntry) => void,
    options: { readonly policy: FunctionPolicy; readonly shares: boolean },
  ) {
    this.#announce = announce;
    this.#options = options;
    this.#snapshots = new SnapshotPacker(options);
  }

  /** All functions so far, for a worker that is being started. */
  entries(): FunctionEntry[] {
    return [...this.#byKey.values()];
  }

  /** The entry that all calls of this function use; undefined if there is none. */
  known(callee: Callee): FunctionEntry | undefined {
    if (callee === this.#lastCallee) return this.#lastEntry;
    const entry = this.#byCallee.get(callee);
    if (entry !== undefined) {
      this.#lastCallee = callee;
      this.#lastEntry = entry;
    }
    return entry;
  }

  /** @throws PicklingError if the function, or a value that it has captured, can't be sent. */
  prepare(callee: Callee, args: unknown[], moved: readonly object[] | undefined): NumberedCall {
    if (typeof callee !== 'function') {
      checkPolicy(callee, this.#options.policy);
      const entry = this.#entry(callee);
      this.#byCallee.set(callee, entry);
      return { entry, args };
    }
    const constant = this.#constants.get(callee);
    if (constant !== undefined && args.every(isImmutable)) return { entry: constant, args };
    if (constant !== undefined && areClonable(args, { ...this.#options, moved }))
      return { entry: constant, args };
    const call = this.#snapshots.prepare(callee, args, moved);
    const numbered = this.#number(call);
    if (call.lasting && !isInEachCall(numbered.entry)) {
      const isValue = owns(call.fn.source, 'value');
      // A function by value gets no fixed entry: whether its arguments need packing depends on the call.
      (isValue ? this.#constants : this.#byCallee).set(callee, numbered.entry);
    }
    return numbered;
  }

  /**
   * Packs a call that could not be written. That helps if its arguments contain functions or are deeply nested.
   *
   * @throws `error` if packing can't help, or the error of packing.
   */
  again(
    { callee, entry, args }: FailedCall,
    error: unknown,
    moved: readonly object[] | undefined,
  ): NumberedCall {
    if (isInEachCall(entry) || !isUnclonable(error)) throw error;
    const options = { ...this.#options, moved };
    const isValue = owns(entry.source, 'value') && typeof callee === 'function';
    const call = isValue
      ? prepareCall(callee, args, options)
      : prepareArguments(entry, args, options);
    return this.#number(call);
  }

  /** {@link SnapshotPacker.take} */
  take(fn: SomeFunction): FunctionSnapshot | undefined {
    const isKnown = this.known(fn) !== undefined || this.#constants.has(fn);
    return isKnown ? undefined : this.#snapshots.take(fn);
  }

  /** {@link SnapshotPacker.using} */
  using<T>(snapshot: FunctionSnapshot | undefined, submit: () => T): T {
    return this.#snapshots.using(snapshot, submit);
  }

  #number({ fn, args }: PreparedCall): NumberedCall {
    const { source, name } = fn;
    if (!owns(source, 'value') || isInEachCall(fn)) return { entry: this.#entry(fn), args };
    if (this.#byKey.size < MOST_ENTRIES && !this.#isStrange(fn))
      return { entry: this.#entry(fn), args };
    const entry = this.#entry({ name, source: { value: 'in each call' } });
    return { entry: { ...entry, name }, args: [source.value, ...args] };
  }

  /** True at the first call of a function by value, as far as the bounded map shows it. */
  #isStrange({ name, source }: NamedFunction): boolean {
    const key = keyOf(name, source);
    if (this.#byKey.has(key)) return false;
    const hash = hashOf(key);
    if (this.#strangers.has(hash)) return false;
    this.#strangers.set(hash, true);
    return true;
  }

  #entry(fn: NamedFunction): FunctionEntry {
    const full = this.#byKey.size >= MOST_ENTRIES;
    const { name, source } = full && isInEachCall(fn) ? { ...fn, name: 'a function' } : fn;
    const key = keyOf(name, source);
    let entry = this.#byKey.get(key);
    if (entry === undefined) {
      entry = { id: this.#byKey.size, name, source };
      this.#byKey.set(key, entry);
      this.#announce(entry);
    }
    return entry;
  }
}
