/**
 * What a task threw, as plain data, and back.
 *
 * Cloning an error keeps the standard classes only, and drops own properties, custom names and causes
 * in part. An envelope keeps the class (those that both sides know, see `error-classes.ts`; others by
 * name), message, stack, own properties, the cause chain and the members of an AggregateError, cycles
 * included. A part that can't travel on the channel that the envelope is written to becomes a text: it
 * degrades, it never hides the failure it belongs to.
 *
 * Errors are packed one after the other and not each inside the one before, so a chain of causes may be
 * as long as it likes. They are rebuilt without calling their constructors, so a class with a
 * constructor of its own breaks nothing.
 */
import { inspect } from 'node:util';
import { isProxy } from 'node:util/types';
import { RemoteError } from '../errors.ts';
import {
  defineValue,
  getOwnPropertyDescriptor,
  hasOwn,
  includes,
  isArray,
  objectKeys,
  reflectGet,
  SafeMap,
  SafeSet,
  setPrototypeOf,
  TrueDOMException,
  TrueError,
} from '../util/primordials.ts';
import { betweenThreads, type Channel } from './channel.ts';
import {
  isAggregate,
  isDOMException,
  isError,
  isPlatformPrototype,
  type KnownClass,
  knownClasses,
  knownPrototype,
  withoutStacks,
} from './error-classes.ts';
import { fromMessage, type MessageValue, toMessage } from './message.ts';
import { withWorker } from './remote-stack.ts';

/** Something inside an envelope: an error of it by number, or a value that can be cloned. */
type Part = { readonly error: number } | MessageValue;

interface ErrorNode {
  readonly classes: readonly KnownClass[];
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly properties: Record<string, Part>;
  cause?: Part;
  errors?: Part[];
}

export interface ErrorEnvelope {
  readonly worker: string;
  readonly task: string;
  readonly thrown: Part;
  readonly nodes: ErrorNode[];
}

/** Properties that the node itself carries. */
const ownFields = ['name', 'message', 'stack', 'cause', 'errors'];
/** What a SuppressedError has, not enumerable. */
const suppressedFields = ['error', 'suppressed'];

class Packer {
  readonly nodes: ErrorNode[] = [];
  readonly #errors: Error[] = [];
  readonly #numbers = new SafeMap<unknown, number>();
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Packs a part, or notes that it is to be packed. */
  part(value: unknown): Part {
    if (!isError(value)) return clonable(value, this.#channel);
    let number = this.#numbers.get(value);
    if (number === undefined) {
      number = this.#errors.length;
      this.#numbers.set(value, number);
      this.#errors[number] = value;
    }
    return { error: number };
  }

  /** Packs what was noted, and what that leads to. */
  finish(): ErrorNode[] {
    for (let number = 0; number < this.#errors.length; number++)
      this.nodes[number] = this.#node(this.#errors[number] as Error);
    return this.nodes;
  }

  /** Each step by itself: what defends itself against being looked at is left out, and nothing else is. */
  #node(error: Error): ErrorNode {
    const node: ErrorNode = {
      classes: attempt(() => knownClasses(error)) ?? [],
      name: text(read(error, 'name'), 'Error'),
      message: text(read(error, 'message'), 'An error that cannot be described.'),
      stack: text(read(error, 'stack'), ''),
      properties: {},
    };
    setPrototypeOf(node.properties, null);
    attempt(() => this.#properties(error, node.properties));
    if (hasOwn(error, 'cause')) node.cause = this.part(read(error, 'cause'));
    const errors = isAggregate(error) ? read(error, 'errors') : undefined;
    if (isList(errors)) attempt(() => (node.errors = this.#members(errors)));
    return node;
  }

  #properties(error: Error, properties: Record<string, Part>): void {
    const keys = objectKeys(error);
    for (let k = 0; k < suppressedFields.length; k++) {
      const key = suppressedFields[k] as string;
      if (hasOwn(error, key)) keys[keys.length] = key;
    }
    for (let k = 0; k < keys.length; k++) {
      const key = keys[k] as string;
      if (!includes(ownFields, key))
        defineValue(properties, key, this.part(read(error, key)), true);
    }
  }

  #members(errors: readonly unknown[]): Part[] {
    const parts: Part[] = [];
    for (let i = 0; i < errors.length; i++) parts[i] = this.part(errors[i]);
    return parts;
  }
}

/**
 * Packs whatever was thrown. Never throws.
 *
 * @param channel - what the envelope is written to.
 */
export function packError(
  thrown: unknown,
  worker: string,
  task: string,
  channel: Channel = betweenThreads,
): ErrorEnvelope {
  const packer = new Packer(channel);
  return { worker, task, thrown: packer.part(thrown), nodes: packer.finish() };
}

/**
 * Rebuilds what was thrown. An error's stack ends with the worker, and its cause chain with a
 * {@link RemoteError}, which has the stack as it was.
 */
export function unpackError(envelope: ErrorEnvelope): unknown {
  return withoutStacks(() => {
    const { nodes } = envelope;
    const errors: Error[] = [];
    for (let i = 0; i < nodes.length; i++) errors[i] = makeError(nodes[i] as ErrorNode);
    for (let i = 0; i < nodes.length; i++) fill(errors[i] as Error, nodes[i] as ErrorNode, errors);
    const thrown = partOf(envelope.thrown, errors);
    if (isError(thrown)) attachRemote(thrown, envelope);
    return thrown;
  });
}

function partOf(part: Part, errors: readonly Error[]): unknown {
  return hasOwn(part, 'error')
    ? errors[(part as { error: number }).error]
    : fromMessage(part as MessageValue);
}

function fill(error: Error, node: ErrorNode, errors: readonly Error[]): void {
  const { properties } = node;
  const keys = objectKeys(properties);
  for (let k = 0; k < keys.length; k++) {
    const key = keys[k] as string;
    const { value } = getOwnPropertyDescriptor(properties, key) as { value: Part };
    defineValue(error, key, partOf(value, errors), true);
  }
  if (hasOwn(node, 'cause')) defineValue(error, 'cause', partOf(node.cause as Part, errors), false);
  if (!hasOwn(node, 'errors')) return;
  const parts = node.errors as Part[];
  const members: unknown[] = [];
  for (let i = 0; i < parts.length; i++) members[i] = partOf(parts[i] as Part, errors);
  defineValue(error, 'errors', members, false);
}

/** An error of the first of the classes that is known here; its constructor is not called. */
export function makeError(node: Pick<ErrorNode, 'classes' | 'name' | 'message' | 'stack'>): Error {
  const prototype = knownPrototype(node.classes);
  // Most of a DOMException lies where only its constructor can put it.
  const error = isPlatformPrototype(prototype)
    ? new TrueDOMException(node.message, node.name)
    : new TrueError(node.message);
  setPrototypeOf(error, prototype);
  if (read(error, 'name') !== node.name) defineValue(error, 'name', node.name, false);
  defineValue(error, 'stack', node.stack, false);
  return error;
}

/** Errors that were passed. */
export interface Passed {
  has(error: unknown): boolean;
  add(error: unknown): unknown;
}

/**
 * Has an error that was rebuilt say where it was thrown: at the end of its stack, and of its chain of causes.
 *
 * @param chain - the errors that were passed on the way, and are not to be passed again: several that were thrown there may
 *   have one cause.
 */
export function attachRemote(
  thrown: Error,
  { worker, task }: Pick<ErrorEnvelope, 'worker' | 'task'>,
  chain: Passed = new SafeSet<unknown>(),
): void {
  const stack = text(read(thrown, 'stack'), '');
  defineValue(thrown, 'stack', withWorker(stack, worker), false);
  // A chain that leads back into itself adds nothing.
  let last = thrown;
  for (let next: unknown = thrown; isError(next) && !chain.has(next); next = read(next, 'cause')) {
    chain.add(next);
    last = next;
  }
  if (hasOwn(last, 'cause') || isDOMException(last)) return;
  const remote = new RemoteError(`${task} failed in worker ${worker}.`, { worker, task, stack });
  defineValue(last, 'cause', remote, false);
}

/** A getter may throw, and a failure must not be lost because its description fails. */
function read(error: Error, key: string): unknown {
  return attempt(() => reflectGet(error, key) as unknown);
}

function attempt<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch {
    return undefined;
  }
}

function isList(value: unknown): value is readonly unknown[] {
  return !isProxy(value) && isArray(value);
}

/** @param otherwise - what stands for a text that can't be had. */
function text(value: unknown, otherwise: string): string {
  if (typeof value === 'string') return value;
  return value === undefined ? '' : (attempt(() => inspect(value)) ?? otherwise);
}

function clonable(value: unknown, channel: Channel): MessageValue {
  const isObject = typeof value === 'object' && value !== null;
  if (!isObject && typeof value !== 'function' && typeof value !== 'symbol') return { value };
  const copy = attempt(() => channel.clone(toMessage(value)) as MessageValue);
  return copy ?? { value: attempt(() => inspect(value)) ?? 'a value that cannot be described' };
}
