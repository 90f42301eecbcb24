/**
 * What a task threw, as plain data, and back.
 *
 * Cloning an error keeps the standard classes only, and drops own properties, custom names and causes
 * in part. An envelope keeps the class (standard ones and ours; others by name), message, stack, own
 * properties, the cause chain and the members of an AggregateError, cycles included. A part that can't
 * be cloned becomes a text: it degrades, it never hides the failure it belongs to.
 *
 * Errors are rebuilt without calling their constructors, so a class with a constructor of its own
 * breaks nothing.
 */
import { inspect, types } from 'node:util';
import { errorClasses, ownErrorName, RemoteError } from '../errors.ts';

/** Something inside an envelope: an error of it by number, or a value that can be cloned. */
type Part = { readonly error: number } | { readonly value: unknown };

interface ErrorNode {
  readonly className: string;
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

/** `Error` first: it is what all others are, too. */
const standardClasses: Record<string, { readonly prototype: Error }> = {
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  AggregateError,
};

const unknownError: ErrorNode = {
  className: 'Error',
  name: 'Error',
  message: 'An error that cannot be described.',
  stack: '',
  properties: {},
};

/** Properties that the node itself carries. */
const ownFields = new Set(['name', 'message', 'stack', 'cause', 'errors']);

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
  for (const key of Object.keys(error)) {
    if (!ownFields.has(key)) properties[key] = pack(read(error, key));
  }
  const errors = read(error, 'errors');
  return {
    className: className(error),
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

/** Rebuilds what was thrown; an error ends its cause chain with a {@link RemoteError}. */
export function unpackError(envelope: ErrorEnvelope): unknown {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    const errors = envelope.nodes.map(makeError);
    const unpack = (part: Part): unknown => ('error' in part ? errors[part.error] : part.value);
    for (const [index, node] of envelope.nodes.entries()) {
      const error = errors[index] as Error;
      for (const [key, part] of Object.entries(node.properties)) {
        Object.defineProperty(error, key, {
          value: unpack(part),
          writable: true,
          enumerable: true,
          configurable: true,
        });
      }
      if (node.cause !== undefined) hidden(error, 'cause', unpack(node.cause));
      if (node.errors !== undefined) hidden(error, 'errors', node.errors.map(unpack));
    }
    const thrown = unpack(envelope.thrown);
    if (thrown instanceof Error) attachRemote(thrown, envelope);
    return thrown;
  } finally {
    Error.stackTraceLimit = limit;
  }
}

function makeError(node: ErrorNode): Error {
  if (node.className === 'DOMException') return new DOMException(node.message, node.name);
  const error = new Error(node.message);
  const known = errorClasses[node.className] ?? standardClasses[node.className];
  if (known !== undefined) Object.setPrototypeOf(error, known.prototype);
  if (error.name !== node.name) hidden(error, 'name', node.name);
  hidden(error, 'stack', node.stack);
  return error;
}

function attachRemote(thrown: Error, { worker, task }: ErrorEnvelope): void {
  const stack = thrown.stack ?? '';
  const seen = new Set<unknown>();
  let last: Error = thrown;
  while (last.cause instanceof Error && !seen.has(last)) {
    seen.add(last);
    last = last.cause;
  }
  if (Object.hasOwn(last, 'cause') || last instanceof DOMException) return;
  hidden(
    last,
    'cause',
    new RemoteError(`${task} failed in worker ${worker}.`, { worker, task, stack }),
  );
}

function hidden(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, {
    value,
    writable: true,
    enumerable: false,
    configurable: true,
  });
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

/** The nearest class that the other side has as well. */
function className(error: Error): string {
  const own = ownErrorName(error);
  if (own !== undefined) return own;
  if (error instanceof DOMException) return 'DOMException';
  const known = Object.entries(standardClasses).findLast(
    ([, each]) => error instanceof (each as typeof Error),
  );
  return known?.[0] ?? 'Error';
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
