/**
 * The messages between a parent and its workers that all kinds of workers share. Calls and their outcomes travel
 * separately: in shared memory (`thread/layout.ts`) or as frames (`process/frame-layout.ts`). Messages of only one
 * kind of worker are in `thread-messages.ts` and `process-messages.ts`.
 *
 * Both ends always are the same copy of this library, so there is no version to negotiate.
 */
import type { ErrorEnvelope } from '../codec/error-envelope.ts';
import type { MessageValue } from '../codec/message.ts';
import type { Packed } from './packed.ts';

/** The place of a function for a worker: a module that it can import, and the path to the function inside it. */
export interface FunctionReference {
  /** An absolute URL for `import()`: `file:`, `data:` or `node:`. */
  readonly module: string;
  /** The export, and for a member of it the rest of the path: `['Parser', 'parse']`. */
  readonly path: readonly string[];
  /** The module is CommonJS: the path begins at the result of `require`, not at that of `import`. */
  readonly commonjs?: true;
  /** A member is called without its object, as a function that was passed on alone. */
  readonly detached?: true;
}

/** The way in which a worker gets a function. */
export type FunctionSource =
  | FunctionReference
  /** Every thread has the function under this name: `Math.max`. */
  | { readonly global: readonly string[] }
  /** By value, once for all calls: nothing in it changes between calls. */
  | { readonly value: Packed }
  /** By value, with each call: the packed function is its first argument. */
  | { readonly value: 'in each call' };

export interface NamedFunction {
  /** Its name in messages. */
  readonly name: string;
  readonly source: FunctionSource;
}

/** A function with the number that calls use for it. */
export interface FunctionEntry extends NamedFunction {
  readonly id: number;
}

/** The first call in each worker. */
export interface InitializerCall {
  readonly fn: NamedFunction;
  readonly args: unknown[];
}

/** The data that every worker gets before its first call. */
export interface WorkerStart {
  readonly name: string;
  /** The functions that were announced before the worker was started. */
  readonly functions: readonly FunctionEntry[];
  readonly initializer: InitializerCall | undefined;
  /** Number of calls after which the worker ends by itself; 0 for no limit. */
  readonly maxTasks: number;
  /** Milliseconds that the import of a task's module may take. */
  readonly importTimeout: number;
}

/** The outcome of one item of a chunk, in the form in which it is sent. */
export type PackedOutcome =
  | readonly [ok: true, value: unknown]
  | readonly [ok: false, error: ErrorEnvelope];

/** The outcome of a call that a task has submitted to its own pool. */
export type NestedOutcome =
  | { readonly kind: 'value'; readonly value: MessageValue }
  | { readonly kind: 'error'; readonly error: ErrorEnvelope };

/** A request of a task to its own pool. */
export type NestedRequest =
  | {
      readonly kind: 'submit';
      readonly call: number;
      readonly fn: NamedFunction;
      readonly args: MessageValue;
    }
  /** A question: will the call never run? */
  | { readonly kind: 'cancel'; readonly call: number }
  /**
   * The task blocks its worker until the call is done, or for a limited time. A question: could this wait never end?
   */
  | { readonly kind: 'block'; readonly call: number; readonly forever: boolean }
  /** The limited time is over, and the call is not done. */
  | { readonly kind: 'unblock'; readonly call: number }
  | { readonly kind: 'shutdown'; readonly cancelFutures: boolean };

/** The values of an `answer` word. */
export const Answer = { Yes: 1, No: 2 } as const;

/** The outcome of a call that a task of this worker has submitted to its own pool. */
export interface Settled {
  readonly kind: 'settled';
  readonly call: number;
  readonly outcome: NestedOutcome;
}

/** Messages to any worker. */
export type ToWorker =
  /** A function has got a number. */
  | { readonly kind: 'function'; readonly entry: FunctionEntry }
  | Settled
  /** The task blocks on this call, and the wait can never end. */
  | { readonly kind: 'deadlock'; readonly call: number }
  /** The worker finishes its calls and ends. */
  | { readonly kind: 'close' };

/** Messages from any worker. */
export type FromWorker =
  /** The initializer begins: from now on user code runs in this worker. */
  | { readonly kind: 'initializing' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'start-failed'; readonly error: ErrorEnvelope }
  /** The worker is about to end because of an uncaught error. */
  | { readonly kind: 'dying'; readonly error: ErrorEnvelope }
  /** `answer`: memory for the answer to a question. The worker's thread waits on word 0. */
  | {
      readonly kind: 'request';
      readonly request: NestedRequest;
      readonly answer?: Int32Array | undefined;
    }
  /** Text that a task has written, if its output is captured. */
  | {
      readonly kind: 'output';
      readonly call: number;
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
    }
  /** The worker takes no further calls and ends now, even with unfinished calls. */
  | { readonly kind: 'leaving' }
  /** The worker has not ended: the error was handled after all, or the exit was prevented. */
  | { readonly kind: 'still-here' };
