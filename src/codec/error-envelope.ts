/**
 * Converts a thrown value to plain data and back.
 *
 * Structured cloning keeps only the standard error classes, and drops own properties, custom names and some causes.
 * An envelope keeps the class (if both sides have it, see `error-classes.ts`; otherwise its name), message, stack,
 * own properties, the cause chain and the members of an AggregateError, including cycles. A part that can't be sent
 * on the envelope's channel becomes a text: it loses detail, but never hides the failure that it belongs to.
 *
 * Errors are packed one after the other, without recursion, so a chain of causes may have any length. They are
 * rebuilt without calling their constructors, so constructors with parameters cause no problem.
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

/** A part of an envelope: an error by its number, or a value that can be cloned. */
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

/** Properties that have fields of their own in the node. */
const ownFields = ['name', 'message', 'stack', 'cause', 'errors'];
/** Properties of a SuppressedError that are not enumerable. */
const suppressedFields = ['error', 'suppressed'];

class Packer {
  readonly nodes: ErrorNode[] = [];
  readonly #errors: Error[] = [];
  readonly #numbers = new SafeMap<unknown, number>();
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Packs a part, or adds it to the list of errors to pack. */
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

  /** Packs the listed errors, and those that they refer to. */
  finish(): ErrorNode[] {
    for (let number = 0; number < this.#errors.length; number++)
      this.nodes[number] = this.#node(this.#errors[number] as Error);
    return this.nodes;
  }

  /** Each step is separate: a property that can't be read is left out, and only that one. */
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
 * Packs any thrown value. Never throws.
 *
 * @param channel - the channel for the envelope.
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
 * Rebuilds a thrown value. An error's stack ends with the name of the worker, and its cause chain with a
 * {@link RemoteError}, which has the original stack.
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

/** An error of the first class that is known here. Its constructor is not called. */
export function makeError(node: Pick<ErrorNode, 'classes' | 'name' | 'message' | 'stack'>): Error {
  const prototype = knownPrototype(node.classes);
  // A DOMException has internal state that only its constructor can set.
  const error = isPlatformPrototype(prototype)
    ? new TrueDOMException(node.message, node.name)
    : new TrueError(node.message);
  setPrototypeOf(error, prototype);
  if (read(error, 'name') !== node.name) defineValue(error, 'name', node.name, false);
  defineValue(error, 'stack', node.stack, false);
  return error;
}

/** The set of errors that were visited. */
export interface Passed {
  has(error: unknown): boolean;
  add(error: unknown): unknown;
}

/**
 * Adds to a rebuilt error where it was thrown: at the end of its stack, and of its chain of causes.
 *
 * @param chain - errors that were visited before and are not visited again: several errors may have one cause.
 */
export function attachRemote(
  thrown: Error,
  { worker, task }: Pick<ErrorEnvelope, 'worker' | 'task'>,
  chain: Passed = new SafeSet<unknown>(),
): void {
  const stack = text(read(thrown, 'stack'), '');
  defineValue(thrown, 'stack', withWorker(stack, worker), false);
  // Stops if the chain leads back into itself.
  let last = thrown;
  for (let next: unknown = thrown; isError(next) && !chain.has(next); next = read(next, 'cause')) {
    chain.add(next);
    last = next;
  }
  if (hasOwn(last, 'cause') || isDOMException(last)) return;
  const remote = new RemoteError(`${task} failed in worker ${worker}.`, { worker, task, stack });
  defineValue(last, 'cause', remote, false);
}

/** A getter may throw. The failure must not be lost because its description fails. */
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

/** @param otherwise - the substitute for a text that can't be read. */
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
