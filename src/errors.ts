/**
 * Every error this library raises on its own account, each with a stable `code`.
 *
 *     ExecutorError
 *     ├── CancelledError        the call was cancelled before it began
 *     ├── InvalidStateError     the future is not in a state that allows this
 *     ├── TimeoutError          the time given for waiting, or for the call, is over
 *     ├── ShutdownError         the executor takes no new calls
 *     ├── DeadlockError         blocking here could never end
 *     ├── PicklingError         a function or a value cannot travel to a worker, or back
 *     │   └── CodeMismatchError the host has other code under the same name
 *     ├── MissingPeerError      an optional package that this part needs is not installed
 *     ├── RemoteError           the worker's side of a failure: its stack, which worker, which task
 *     └── BrokenExecutor        a worker or the whole pool is gone
 *         ├── BrokenThreadPool
 *         ├── BrokenProcessPool
 *         └── BrokenCluster
 *
 * `ShutdownError` is not a parent of `BrokenExecutor` on purpose: Python's one `RuntimeError` for
 * both makes the two cases indistinguishable. Wrong arguments raise the language's own `TypeError`
 * and `RangeError`, with a `code`, from `util/validate.ts`.
 *
 * Two copies of this package in one program must agree on what is a `CancelledError`, so
 * `instanceof` asks for a brand that is shared through the global symbol registry.
 */

import {
  append,
  assign,
  defineProperty,
  getPrototypeOf,
  hasOwn,
  includes,
  isArray,
  isInstance,
  objectKeys,
  reflectGet,
  symbolFor,
} from './util/primordials.ts';

/** Stable, documented identifiers: safe to compare, to log and to translate. */
export type ErrorCode =
  | 'ERR_EXECUTOR'
  | 'ERR_CANCELLED'
  | 'ERR_INVALID_STATE'
  | 'ERR_UNEXPECTED_STATE'
  | 'ERR_TIMEOUT'
  | 'ERR_SHUTDOWN'
  | 'ERR_DEADLOCK'
  | 'ERR_NOT_IMPLEMENTED'
  | 'ERR_CLONE'
  | 'ERR_NOT_REACHABLE'
  | 'ERR_IMPORT'
  | 'ERR_BOOTSTRAP'
  | 'ERR_HANDLE'
  | 'ERR_NATIVE'
  | 'ERR_PROMISE'
  | 'ERR_PROXY'
  | 'ERR_WEAK'
  | 'ERR_GENERATOR'
  | 'ERR_THIS'
  | 'ERR_SUPER'
  | 'ERR_ARGUMENTS'
  | 'ERR_NEW_TARGET'
  | 'ERR_EVAL'
  | 'ERR_COMPUTED'
  | 'ERR_PRIVATE_NAME'
  | 'ERR_PRIVATE_FIELDS'
  | 'ERR_TDZ'
  | 'ERR_READONLY_CAPTURE'
  | 'ERR_REMOTE'
  | 'ERR_WORKER_DIED'
  | 'ERR_WORKER_START'
  | 'ERR_INITIALIZER'
  | 'ERR_POOL_BROKEN'
  | 'ERR_MISSING_PEER'
  | 'ERR_CODE_MISMATCH'
  | 'ERR_NOT_ALLOWED'
  | 'ERR_TOO_LARGE'
  | 'ERR_FORMAT'
  | 'ERR_SIGNATURE'
  | 'ERR_CONNECTION'
  | 'ERR_UNKNOWN_CALL'
  | 'ERR_HOST_NAME';

const brand = symbolFor('concurrent-futures.error');

/** The base of all errors of this library. `code` is stable; the message is for people. */
// primordials: evaluated when the script is loaded, before any task.
export class ExecutorError extends Error {
  readonly code: ErrorCode;

  constructor(message: string, options?: ErrorOptions & { code?: ErrorCode }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = options?.code ?? 'ERR_EXECUTOR';
  }

  // primordials: evaluated when the script is loaded, before any task.
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    try {
      if (isInstance(value, this)) return true;
      if (!hasOwn(this.prototype, brand)) return false;
      const names: unknown = reflectGet(value, brand);
      return isArray(names) && includes(names, this.prototype.name);
    } catch {
      // A proxy that throws when it is looked at is none of ours.
      return false;
    }
  }
}

/** The call was cancelled before it began. `cause` is the reason given to `cancel(reason)`, if any. */
export class CancelledError extends ExecutorError {
  constructor(message = 'The call was cancelled before it began.', options?: ErrorOptions) {
    super(message, { ...options, code: 'ERR_CANCELLED' });
  }
}

/** The future is in a state that does not allow what was asked, e.g. a second `setResult`. */
export class InvalidStateError extends ExecutorError {
  constructor(message: string, options?: ErrorOptions & { code?: ErrorCode }) {
    super(message, { ...options, code: options?.code ?? 'ERR_INVALID_STATE' });
  }
}

/** A `timeout` is over. Waiting again is allowed: the future itself is not touched by it. */
export class TimeoutError extends ExecutorError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'ERR_TIMEOUT' });
  }
}

/** The executor was shut down, or the process is exiting: no new call is taken. */
export class ShutdownError extends ExecutorError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'ERR_SHUTDOWN' });
  }
}

/** Blocking this thread could never end, because the outcome needs this very thread. */
export class DeadlockError extends ExecutorError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'ERR_DEADLOCK' });
  }
}

/** A function, an argument or a result cannot travel. Fails the one call it belongs to. */
export class PicklingError extends ExecutorError {
  constructor(message: string, options?: ErrorOptions & { code?: ErrorCode }) {
    super(message, { ...options, code: options?.code ?? 'ERR_CLONE' });
  }
}

/** A host has another version of the code that a call names. It runs nothing instead. */
export class CodeMismatchError extends PicklingError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'ERR_CODE_MISMATCH' });
  }
}

/** An optional package that a part of this library is built on is not installed. */
export class MissingPeerError extends ExecutorError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'ERR_MISSING_PEER' });
  }
}

/**
 * The worker's side of a failure, found as the `cause` at the end of a task error's cause chain:
 * its `stack` is the stack in the worker, `worker` and `task` say who ran what.
 */
export class RemoteError extends ExecutorError {
  readonly worker: string;
  readonly task: string;

  constructor(message: string, details: { worker: string; task: string; stack?: string }) {
    super(message, { code: 'ERR_REMOTE' });
    this.worker = details.worker;
    this.task = details.task;
    if (details.stack !== undefined) this.stack = details.stack;
  }
}

/** What is known of a worker that is gone. */
export interface WorkerDeath {
  /** The worker's name, `<threadNamePrefix>_<n>`. */
  readonly worker?: string;
  /** The task that ran when it died, if one did. */
  readonly task?: string;
  /** The process that is gone. */
  readonly pid?: number;
  readonly exitCode?: number;
  readonly signal?: string;
  /** The last lines that the worker wrote to its stderr. */
  readonly stderr?: string;
}

/**
 * A worker is gone (`ERR_WORKER_DIED`: that worker's call fails, the pool goes on), or the pool as a
 * whole is not usable any more (`ERR_POOL_BROKEN`, `ERR_INITIALIZER`), or could not start a worker for the call (`ERR_WORKER_START`).
 */
export class BrokenExecutor extends ExecutorError implements WorkerDeath {
  declare readonly worker?: string;
  declare readonly task?: string;
  declare readonly pid?: number;
  declare readonly exitCode?: number;
  declare readonly signal?: string;
  declare readonly stderr?: string;

  constructor(message: string, options?: ErrorOptions & { code?: ErrorCode; death?: WorkerDeath }) {
    super(message, { ...options, code: options?.code ?? 'ERR_POOL_BROKEN' });
    assign(this, options?.death);
  }
}

/** {@link BrokenExecutor} of a pool of threads. */
export class BrokenThreadPool extends BrokenExecutor {}

/** {@link BrokenExecutor} of a pool of processes. */
export class BrokenProcessPool extends BrokenExecutor {}

/** {@link BrokenExecutor} of a cluster: a host is gone, or Redis can't be reached or used. */
export class BrokenCluster extends BrokenExecutor {}

const classes = {
  ExecutorError,
  CancelledError,
  InvalidStateError,
  TimeoutError,
  ShutdownError,
  DeadlockError,
  PicklingError,
  CodeMismatchError,
  MissingPeerError,
  RemoteError,
  BrokenExecutor,
  BrokenThreadPool,
  BrokenProcessPool,
  BrokenCluster,
};

/** The classes by name, for rebuilding one of our own errors on the other side of a boundary. */
export const errorClasses: Readonly<Record<string, { readonly prototype: Error }>> = classes;

/** The name of the class of errors with this prototype, if it is ours, of whichever copy of this library. */
export function libraryErrorName(prototype: object): string | undefined {
  if (!hasOwn(prototype, brand)) return undefined;
  const lineage: unknown = reflectGet(prototype, brand);
  return isArray(lineage) ? (lineage[0] as string) : undefined;
}

const names = objectKeys(classes) as (keyof typeof classes)[];

// `name` and the brand live on the prototypes, so that an instance has no own properties beyond its
// data and `console.log` shows what matters. The brand lists the names of all its classes, nearest first.
for (let i = 0; i < names.length; i++) {
  const name = names[i] as keyof typeof classes;
  const { prototype } = classes[name];
  // Above, a class comes before those that extend it.
  const parent = getPrototypeOf(prototype) as { readonly [brand]?: readonly string[] };
  const lineage: string[] = [name];
  append(lineage, parent[brand] ?? []);
  defineProperty(prototype, 'name', {
    __proto__: null,
    value: name,
    configurable: true,
    writable: true,
  });
  defineProperty(prototype, brand, { __proto__: null, value: lineage });
}
