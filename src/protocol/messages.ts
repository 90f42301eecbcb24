/**
 * What a parent and its workers say to each other by message, whatever kind of worker they are. Calls and their outcomes
 * travel in ways of their own: in shared memory (`thread/layout.ts`), as frames (`process/frame-layout.ts`). What only one kind
 * of worker says is in `thread-messages.ts` and `process-messages.ts`.
 *
 * Both ends always are the same copy of this library, so there is no version to negotiate.
 */
import type { ErrorEnvelope } from '../codec/error-envelope.ts';
import type { MessageValue } from '../codec/message.ts';
import type { Packed } from './packed.ts';

/** Where a worker finds a function: a module it can import, and the way to the function inside it. */
export interface FunctionReference {
  /** What `import()` takes, absolute: a `file:`, `data:` or `node:` URL. */
  readonly module: string;
  /** The export, and for members of it the way on: `['Parser', 'parse']`. */
  readonly path: readonly string[];
  /** It is a CommonJS module: what `require` returns is meant, not what `import` makes of that. */
  readonly commonjs?: true;
  /** A member is called on nothing, as when it is passed on without its object. */
  readonly detached?: true;
}

/** How a worker gets a function. */
export type FunctionSource =
  | FunctionReference
  /** Something that every thread has under this name: `Math.max`. */
  | { readonly global: readonly string[] }
  /** By value, once for all calls: nothing in it changes from call to call. */
  | { readonly value: Packed }
  /** Each call brings it along, as its first argument. */
  | { readonly value: 'in each call' };

export interface NamedFunction {
  /** What it is called in messages. */
  readonly name: string;
  readonly source: FunctionSource;
}

/** A function by the number that calls use for it. */
export interface FunctionEntry extends NamedFunction {
  readonly id: number;
}

/** What runs first of all in each worker. */
export interface InitializerCall {
  readonly fn: NamedFunction;
  readonly args: unknown[];
}

/** What every worker is told before its first call. */
export interface WorkerStart {
  readonly name: string;
  /** The functions that were announced before it was started. */
  readonly functions: readonly FunctionEntry[];
  readonly initializer: InitializerCall | undefined;
  /** Calls after which the worker leaves by itself; 0 for never. */
  readonly maxTasks: number;
  /** Milliseconds that the import of a task's module may take. */
  readonly importTimeout: number;
}

/** The outcome of one item of a chunk, as it travels. */
export type PackedOutcome =
  | readonly [ok: true, value: unknown]
  | readonly [ok: false, error: ErrorEnvelope];

/** The outcome of a call that a task has submitted to the pool that runs it. */
export type NestedOutcome =
  | { readonly kind: 'value'; readonly value: MessageValue }
  | { readonly kind: 'error'; readonly error: ErrorEnvelope };

/** What a task asks of the pool that runs it. */
export type NestedRequest =
  | {
      readonly kind: 'submit';
      readonly call: number;
      readonly fn: NamedFunction;
      readonly args: MessageValue;
    }
  /** A question: will it never run? */
  | { readonly kind: 'cancel'; readonly call: number }
  /** The task blocks its worker until the call is done, or for a time. A question: could that never end? */
  | { readonly kind: 'block'; readonly call: number; readonly forever: boolean }
  /** The time was over first. */
  | { readonly kind: 'unblock'; readonly call: number }
  | { readonly kind: 'shutdown'; readonly cancelFutures: boolean };

/** What an `answer` word holds. */
export const Answer = { Yes: 1, No: 2 } as const;

/** What became of a call that a task of this worker has submitted to its own pool. */
export interface Settled {
  readonly kind: 'settled';
  readonly call: number;
  readonly outcome: NestedOutcome;
}

/** What every worker is told. */
export type ToWorker =
  /** A function has been given a number. */
  | { readonly kind: 'function'; readonly entry: FunctionEntry }
  | Settled
  /** The task blocks on this call, and that can never end any more. */
  | { readonly kind: 'deadlock'; readonly call: number }
  /** Finish what you have and end. */
  | { readonly kind: 'close' };

/** What every worker tells. */
export type FromWorker =
  /** The initializer begins: user code runs in this worker from now on. */
  | { readonly kind: 'initializing' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'start-failed'; readonly error: ErrorEnvelope }
  /** An error that nobody has caught is about to end the worker. */
  | { readonly kind: 'dying'; readonly error: ErrorEnvelope }
  /** `answer`, word 0: where a thread waits for the answer to a question. */
  | {
      readonly kind: 'request';
      readonly request: NestedRequest;
      readonly answer?: Int32Array | undefined;
    }
  /** What a task has written, whose output is captured. */
  | {
      readonly kind: 'output';
      readonly call: number;
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
    }
  /** The worker takes no further calls and ends now, whatever it has in its hands. */
  | { readonly kind: 'leaving' }
  /** It has not ended: the error was caught after all, or the end was prevented. */
  | { readonly kind: 'still-here' };
