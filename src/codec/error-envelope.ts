/**
 * What a task threw, as plain data, and back.
 *
 * Cloning an error keeps the standard classes only, and drops own properties, custom names and causes
 * in part. An envelope keeps the class (those that both sides know, see `error-classes.ts`; others by
 * name), message, stack, own properties, the cause chain and the members of an AggregateError, cycles
 * included. A part that can't be cloned becomes a text: it degrades, it never hides the failure it
 * belongs to.
 *
 * Errors are rebuilt without calling their constructors, so a class with a constructor of its own
 * breaks nothing.
 */
import { inspect, types } from 'node:util';
import { RemoteError } from '../errors.ts';
import { type KnownClass, knownClasses, knownPrototype } from './error-classes.ts';

/** Something inside an envelope: an error of it by number, or a value that can be cloned. */
type Part = { readonly error: number } | { readonly value: unknown };

interface ErrorNode {
  readonly classes: readonly KnownClass[];
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly properties: Record<string, Part>;
  readonly cause?: Part;
  readonly errors?: Part[];
}

export interface ErrorEnvelope {
  readonly worker: string;
  readonly task: string;
  readonly thrown: Part;
  readonly nodes: ErrorNode[];
}

const unknownError: ErrorNode = {
  classes: [],
  name: 'Error',
  message: 'An error that cannot be described.',
  stack: '',
  properties: {},
};

/** Properties that the node itself carries. */
const ownFields = new Set(['name', 'message', 'stack', 'cause', 'errors']);
/** What a SuppressedError has, not enumerable. */
const suppressedFields = ['error', 'suppressed'];

/** Packs whatever was thrown. Never throws. */
export function packError(thrown: unknown, worker: string, task: string): ErrorEnvelope {
  const nodes: ErrorNode[] = [];
  const numbers = new Map<unknown, number>();

  const pack = (value: unknown): Part => {
    if (types.isProxy(value) || !(value instanceof Error)) return { value: clonable(value) };
    const known = numbers.get(value);
    if (known !== undefined) return { error: known };
    const number = nodes.length;
    numbers.set(value, number);
    // Holds the number while the parts are packed, which may lead back here.
    nodes.push(unknownError);
    try {
      nodes[number] = packNode(value, pack);
    } catch {
      // It defends itself against being looked at; that it was thrown is told all the same.
    }
    return { error: number };
  };
  return { worker, task, thrown: pack(thrown), nodes };
}

function packNode(error: Error, pack: (value: unknown) => Part): ErrorNode {
  const properties: Record<string, Part> = {};
  const suppressed = suppressedFields.filter((key) => Object.hasOwn(error, key));
  for (const key of [...Object.keys(error), ...suppressed]) {
    if (!ownFields.has(key)) properties[key] = pack(read(error, key));
  }
  const errors = read(error, 'errors');
  return {
    classes: knownClasses(error),
    name: text(read(error, 'name')),
    message: text(read(error, 'message')),
    stack: text(read(error, 'stack')),
    properties,
    ...(Object.hasOwn(error, 'cause') ? { cause: pack(read(error, 'cause')) } : {}),
    ...(error instanceof AggregateError && Array.isArray(errors)
      ? { errors: errors.map(pack) }
      : {}),
  };
}

/**
 * Rebuilds what was thrown. An error's stack ends with the worker, and its cause chain with a
 * {@link RemoteError}, which has the stack as it was.
 */
export function unpackError(envelope: ErrorEnvelope): unknown {
  const limit = Error.stackTraceLimit;
  // By Reflect, because a program may have made it constant.
  Reflect.set(Error, 'stackTraceLimit', 0);
  try {
    const errors = envelope.nodes.map(makeError);
    const unpack = (part: Part): unknown => ('error' in part ? errors[part.error] : part.value);
    for (const [index, node] of envelope.nodes.entries()) {
      const error = errors[index] as Error;
      for (const [key, part] of Object.entries(node.properties)) {
        define(error, key, unpack(part), true);
      }
      if (node.cause !== undefined) define(error, 'cause', unpack(node.cause));
      if (node.errors !== undefined) define(error, 'errors', node.errors.map(unpack));
    }
    const thrown = unpack(envelope.thrown);
    if (thrown instanceof Error) attachRemote(thrown, envelope);
    return thrown;
  } finally {
    Reflect.set(Error, 'stackTraceLimit', limit);
  }
}

function makeError(node: ErrorNode): Error {
  const prototype = knownPrototype(node.classes);
  // Most of a DOMException lies where only its constructor can put it.
  const isPlain = prototype !== DOMException.prototype && !(prototype instanceof DOMException);
  const error = isPlain ? new Error(node.message) : new DOMException(node.message, node.name);
  Object.setPrototypeOf(error, prototype);
  if (read(error, 'name') !== node.name) define(error, 'name', node.name);
  define(error, 'stack', node.stack);
  return error;
}

function attachRemote(thrown: Error, { worker, task }: ErrorEnvelope): void {
  const stack = thrown.stack ?? '';
  define(thrown, 'stack', stackWithWorker(stack, worker));
  // Grows while it is gone through; a chain that leads back into itself adds nothing.
  const chain = new Set([thrown]);
  let last = thrown;
  for (last of chain) {
    const cause = read(last, 'cause');
    if (cause instanceof Error) chain.add(cause);
  }
  if (Object.hasOwn(last, 'cause') || last instanceof DOMException) return;
  define(
    last,
    'cause',
    new RemoteError(`${task} failed in worker ${worker}.`, { worker, task, stack }),
  );
}

/**
 * Names the worker below its frames, as V8 writes a function without a place: whatever reads stacks reads
 * that. A stack with no frames in it was left so on purpose, and stays.
 */
function stackWithWorker(stack: string, worker: string): string {
  // A call that a task has submitted comes back through the parent, and has its worker's line already.
  if (!/^ +at /m.test(stack) || /\n {4}at worker .* \(<anonymous>\)$/.test(stack)) return stack;
  return `${withoutOwnFrames(stack)}\n    at worker ${worker.replaceAll(/[\s()]+/g, ' ')} (<anonymous>)`;
}

/** A frame of what workers start with; of Node, below the first of those. */
const OWN_FRAME =
  /^ +at .*[\\/](?:thread-entry\.cjs|process-entry\.cjs|call-entry\.mjs):\d+:\d+\)?$/;
const RUNTIME_FRAME = /^ +at (?:.* \(node:|process\.processTicksAndRejections)/;

/** How a worker has come to call the task is no news to anybody; a RemoteError has it all the same. */
function withoutOwnFrames(stack: string): string {
  const lines = stack.split('\n');
  let end = lines.length;
  let own = false;
  for (let line = lines[end - 1] ?? ''; end > 1; line = lines[end - 1] ?? '') {
    if (OWN_FRAME.test(line)) own = true;
    else if (!RUNTIME_FRAME.test(line)) break;
    end--;
  }
  return own ? lines.slice(0, end).join('\n') : stack;
}

function define(error: Error, key: string, value: unknown, enumerable = false): void {
  Object.defineProperty(error, key, { value, writable: true, enumerable, configurable: true });
}

/** A getter may throw, and a failure must not be lost because its description fails. */
function read(error: Error, key: string): unknown {
  try {
    return Reflect.get(error, key);
  } catch {
    return undefined;
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : inspect(value);
}

function clonable(value: unknown): unknown {
  if (
    value === null ||
    (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol')
  ) {
    return value;
  }
  try {
    return structuredClone(value);
  } catch {
    try {
      return inspect(value);
    } catch {
      return 'a value that cannot be described';
    }
  }
}
