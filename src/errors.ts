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
 * An error of one copy of this package must be a `CancelledError` for another copy, too, so `instanceof`
 * looks for a brand that is shared through the global symbol registry.
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

/**
 * The values of `code` of an {@link ExecutorError}. They do not change between releases, so a program may compare them;
 * messages may change.
 */
export type ErrorCode =
  /** An {@link ExecutorError} that was made without a code. */
  | 'ERR_EXECUTOR'
  /** The call was cancelled. */
  | 'ERR_CANCELLED'
  /** The future has its outcome already. */
  | 'ERR_INVALID_STATE'
  /** `setRunningOrNotifyCancel()` was called for a future that runs or has finished. */
  | 'ERR_UNEXPECTED_STATE'
  /** A `timeout` is over. */
  | 'ERR_TIMEOUT'
  /** The executor takes no calls after `shutdown()`, or while the process exits. */
  | 'ERR_SHUTDOWN'
  /** The wait could never end. */
  | 'ERR_DEADLOCK'
  /** This kind of executor does not have the method or the option. */
  | 'ERR_NOT_IMPLEMENTED'
  /** A value can't be copied to the other side. */
  | 'ERR_CLONE'
  /** No loaded module exports the function, and its code can't or may not be sent. */
  | 'ERR_NOT_REACHABLE'
  /** The worker or the host can't import the module, or the module has no such export. */
  | 'ERR_IMPORT'
  /** A module submits calls while a worker imports it. */
  | 'ERR_BOOTSTRAP'
  /** The value belongs to this thread: a socket, a stream, a timer, a port, an `AbortSignal` and the like. */
  | 'ERR_HANDLE'
  /** The function is native code that has no name in a worker. */
  | 'ERR_NATIVE'
  /** A promise can't be sent. */
  | 'ERR_PROMISE'
  /** A `Proxy` can't be sent. */
  | 'ERR_PROXY'
  /** A `WeakMap`, a `WeakSet` or a `WeakRef` can't be sent. */
  | 'ERR_WEAK'
  /** A generator that is under way can't be sent. */
  | 'ERR_GENERATOR'
  /** An arrow function uses `this` of the code around it. */
  | 'ERR_THIS'
  /** A method that is sent without its class or object uses `super`. */
  | 'ERR_SUPER'
  /** An arrow function uses `arguments` of the function around it. */
  | 'ERR_ARGUMENTS'
  /** An arrow function uses `new.target` of the function around it. */
  | 'ERR_NEW_TARGET'
  /** A function that is sent by value calls `eval()`. */
  | 'ERR_EVAL'
  /** A method that is sent by value has a computed name. */
  | 'ERR_COMPUTED'
  /** A method that is sent without its class uses a `#private` name. */
  | 'ERR_PRIVATE_NAME'
  /** An instance with `#private` fields can't be sent. */
  | 'ERR_PRIVATE_FIELDS'
  /** A captured variable has no value yet, because its declaration has not run. */
  | 'ERR_TDZ'
  /** The task assigned to a captured variable, which is a constant in the worker. */
  | 'ERR_READONLY_CAPTURE'
  /** The error is a {@link RemoteError}. */
  | 'ERR_REMOTE'
  /** A worker or a host died while it had the call. */
  | 'ERR_WORKER_DIED'
  /** No worker could be started for the call. */
  | 'ERR_WORKER_START'
  /** An initializer failed, so the pool is broken. */
  | 'ERR_INITIALIZER'
  /** A worker died under `onWorkerDeath: 'break'`, so the pool is broken. */
  | 'ERR_POOL_BROKEN'
  /** `bullmq` or `ioredis` is not installed. */
  | 'ERR_MISSING_PEER'
  /** The host has other code under the same name. */
  | 'ERR_CODE_MISMATCH'
  /** The host does not allow the module, or does not allow code in calls. */
  | 'ERR_NOT_ALLOWED'
  /** The arguments or the result have more bytes than `maxPayload`. */
  | 'ERR_TOO_LARGE'
  /** A record in Redis is of another release, or was not written by this library. */
  | 'ERR_FORMAT'
  /** A record in Redis is not signed with a known secret, is too old, or was copied. */
  | 'ERR_SIGNATURE'
  /** Redis can't be used, or did not take the call or its result. */
  | 'ERR_CONNECTION'
  /** Redis does not have the call: its id is wrong, or its record has expired, was removed, or was lost. */
  | 'ERR_UNKNOWN_CALL'
  /** Another host of the queue has the name. */
  | 'ERR_HOST_NAME';

const brand = symbolFor('concurrent-futures.error');

/**
 * The base class of all errors of this library. `instanceof` also works for errors of another copy of this package.
 *
 * `TypeError` and `RangeError` for wrong arguments do not extend it.
 *
 * @example
 * ```ts
 * import { ExecutorError, ThreadPoolExecutor } from 'concurrent-futures';
 *
 * const pool = new ThreadPoolExecutor();
 * await pool.shutdown();
 * try {
 *   pool.submit(() => 1);
 * } catch (error) {
 *   console.log(error instanceof ExecutorError && error.code); // ERR_SHUTDOWN
 * }
 * ```
 */
// primordials: evaluated when the script is loaded, before any task.
export class ExecutorError extends Error {
  /** The reason of the failure, for programs. */
  readonly code: ErrorCode;

  /** Creates an error. */
  constructor(
    message: string,
    options?: ErrorOptions & {
      /**
       * The reason of the failure.
       *
       * @default 'ERR_EXECUTOR'
       */
      code?: ErrorCode;
    },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = options?.code ?? 'ERR_EXECUTOR';
  }

  /** Makes `instanceof` true for errors of another copy of this package, too. */
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

/**
 * The call was cancelled before it began. `code` is `'ERR_CANCELLED'`.
 *
 * `cause` is the reason that was given to `cancel(reason)`, or the `reason` of the signal.
 */
export class CancelledError extends ExecutorError {
  /** Creates an error with this message, and with the reason as `cause`. */
  constructor(message = 'The call was cancelled before it began.', options?: ErrorOptions) {
    super(message, { ...options, code: 'ERR_CANCELLED' });
  }
}

/**
 * The state of the future does not allow this call, such as a second `setResult()`. `code` is `'ERR_INVALID_STATE'`.
 */
export class InvalidStateError extends ExecutorError {
  /** Creates an error. */
  constructor(
    message: string,
    options?: ErrorOptions & {
      /**
       * The reason of the failure.
       *
       * @default 'ERR_INVALID_STATE'
       */
      code?: ErrorCode;
    },
  ) {
    super(message, { ...options, code: options?.code ?? 'ERR_INVALID_STATE' });
  }
}

/**
 * A `timeout` is over. `code` is `'ERR_TIMEOUT'`.
 *
 * The `timeout` of a wait does not change the future, so the program may wait again. The `timeout` of a call
 * (`with({ timeout })`) fails its future.
 */
export class TimeoutError extends ExecutorError {
  /** Creates an error. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'ERR_TIMEOUT' });
  }
}

/**
 * The executor takes no new call, because it was shut down or the process exits. `code` is `'ERR_SHUTDOWN'`.
 *
 * Python raises a `RuntimeError` here.
 */
export class ShutdownError extends ExecutorError {
  /** Creates an error. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'ERR_SHUTDOWN' });
  }
}

/**
 * The wait could never end, because the outcome needs the waiting thread or task. `code` is `'ERR_DEADLOCK'`.
 *
 * Python blocks for ever here.
 */
export class DeadlockError extends ExecutorError {
  /** Creates an error. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'ERR_DEADLOCK' });
  }
}

/**
 * A function, an argument or a result can't be sent to the other side. Only its own call fails.
 *
 * The message names the value, the path to it, and the remedy. `code` is the reason. Python's counterpart is
 * `pickle.PicklingError`.
 *
 * @example
 * ```ts
 * import { PicklingError, ThreadPoolExecutor } from 'concurrent-futures';
 *
 * await using pool = new ThreadPoolExecutor();
 * const pending = Promise.resolve(1);
 * const error = await pool.submit(() => pending).exception();
 * console.log(error instanceof PicklingError && error.code); // ERR_PROMISE
 * ```
 */
export class PicklingError extends ExecutorError {
  /** Creates an error. */
  constructor(
    message: string,
    options?: ErrorOptions & {
      /**
       * The reason of the failure.
       *
       * @default 'ERR_CLONE'
       */
      code?: ErrorCode;
    },
  ) {
    super(message, { ...options, code: options?.code ?? 'ERR_CLONE' });
  }
}

/**
 * The host has another version of the code that the call names, so it did not run the call. `code` is
 * `'ERR_CODE_MISMATCH'`.
 */
export class CodeMismatchError extends PicklingError {
  /** Creates an error. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'ERR_CODE_MISMATCH' });
  }
}

/**
 * A package that the cluster needs is not installed: `npm install bullmq ioredis`. `code` is `'ERR_MISSING_PEER'`.
 */
export class MissingPeerError extends ExecutorError {
  /** Creates an error. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'ERR_MISSING_PEER' });
  }
}

/**
 * The worker's side of a task's failure: its `stack` is the stack in the worker. `code` is `'ERR_REMOTE'`.
 *
 * It is the last `cause` in the chain of causes of an error that comes from a worker or a host. An
 * `InlineExecutor` adds none. Python's counterpart is `_RemoteTraceback`.
 *
 * @example
 * ```ts
 * import { RemoteError, ThreadPoolExecutor } from 'concurrent-futures';
 *
 * await using pool = new ThreadPoolExecutor({ threadNamePrefix: 'parser' });
 * const error = await pool.submit(JSON.parse, '{').exception();
 * const cause = error instanceof SyntaxError && error.cause;
 * console.log(cause instanceof RemoteError && `${cause.worker} ${cause.task}`); // parser_0 JSON.parse
 * ```
 */
export class RemoteError extends ExecutorError {
  /** The name of the worker that ran the task. */
  readonly worker: string;
  /** The name of the task's function. */
  readonly task: string;

  /** Creates an error. */
  constructor(
    message: string,
    details: {
      /** The name of the worker that ran the task. */
      worker: string;
      /** The name of the task's function. */
      task: string;
      /** The stack in the worker. By default it is the stack of this constructor's caller. */
      stack?: string;
    },
  ) {
    super(message, { code: 'ERR_REMOTE' });
    this.worker = details.worker;
    this.task = details.task;
    if (details.stack !== undefined) this.stack = details.stack;
  }
}

/** The known facts about the death of a worker. A fact that is not known is left out. */
export interface WorkerDeath {
  /** The worker's name, `<threadNamePrefix>_<n>`. */
  readonly worker?: string;
  /** The name of the task that ran at the time of the death. */
  readonly task?: string;
  /** The process id of the worker, if the worker was a process. */
  readonly pid?: number;
  /** The exit code of the thread or of the process. */
  readonly exitCode?: number;
  /** The signal that ended the process. */
  readonly signal?: string;
  /** The last lines that the worker wrote to its stderr. */
  readonly stderr?: string;
}

/**
 * A worker died, or the whole executor is unusable. `code` is one of:
 *
 * - `'ERR_WORKER_DIED'`: a worker died, and its call fails. The pool continues.
 * - `'ERR_WORKER_START'`: no worker could be started for the call. The next call tries again, unless `submit()` itself
 *   throws this error: then the pool is broken.
 * - `'ERR_INITIALIZER'`, `'ERR_POOL_BROKEN'`: the pool is broken. It takes no further call.
 *
 * Each kind of pool has a subclass; an `InlineExecutor` throws this class itself.
 *
 * @example
 * ```ts
 * import { BrokenExecutor, ThreadPoolExecutor } from 'concurrent-futures';
 *
 * await using pool = new ThreadPoolExecutor();
 * const error = await pool.submit(() => process.exit(3)).exception();
 * if (error instanceof BrokenExecutor) console.log(error.code, error.exitCode); // ERR_WORKER_DIED 3
 * console.log(await pool.submit(Math.max, 1, 2)); // 2
 * ```
 */
export class BrokenExecutor extends ExecutorError implements WorkerDeath {
  declare readonly worker?: string;
  declare readonly task?: string;
  declare readonly pid?: number;
  declare readonly exitCode?: number;
  declare readonly signal?: string;
  declare readonly stderr?: string;

  /** Creates an error that has the facts of `death` as properties. */
  constructor(
    message: string,
    options?: ErrorOptions & {
      /**
       * The reason of the failure.
       *
       * @default 'ERR_POOL_BROKEN'
       */
      code?: ErrorCode;
      /** The facts about the death of a worker. By default there are none. */
      death?: WorkerDeath;
    },
  ) {
    super(message, { ...options, code: options?.code ?? 'ERR_POOL_BROKEN' });
    assign(this, options?.death);
  }
}

/** The {@link BrokenExecutor} of a `ThreadPoolExecutor`. */
export class BrokenThreadPool extends BrokenExecutor {}

/** The {@link BrokenExecutor} of a `ProcessPoolExecutor`. */
export class BrokenProcessPool extends BrokenExecutor {}

/**
 * The {@link BrokenExecutor} of a cluster: a host or its worker died with the call (`'ERR_WORKER_DIED'`), Redis can't
 * be used (`'ERR_CONNECTION'`), or a record in Redis can't be used (`'ERR_FORMAT'`, `'ERR_SIGNATURE'`).
 */
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
