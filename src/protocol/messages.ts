/**
 * Everything that a parent and a worker thread say to each other by message. Calls themselves travel
 * in shared memory (`thread/layout.ts`); messages carry what happens rarely, and values that only the
 * platform's structured clone can carry.
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

/** What a worker is told before it starts. */
export interface WorkerStart {
  readonly memory: SharedArrayBuffer;
  readonly maxWorkers: number;
  readonly lane: number;
  readonly name: string;
  readonly functions: readonly FunctionEntry[];
  readonly initializer: InitializerCall | undefined;
  /** Calls after which the worker retires; 0 for never. */
  readonly maxTasks: number;
  /** Milliseconds that the import of a task's module may take. */
  readonly importTimeout: number;
}

/** The outcome of a call that a task has submitted to the pool that runs it. */
export type RelayedOutcome =
  | { readonly kind: 'value'; readonly value: MessageValue }
  | { readonly kind: 'error'; readonly error: ErrorEnvelope };

/** What a task asks of the pool that runs it. */
export type RelayedRequest =
  | {
      readonly kind: 'submit';
      readonly call: number;
      readonly fn: NamedFunction;
      readonly args: MessageValue;
    }
  /** A question: will it never run? */
  | { readonly kind: 'cancel'; readonly call: number }
  /** The task blocks its worker until the call is done. A question: could that never end? */
  | { readonly kind: 'block'; readonly call: number }
  | { readonly kind: 'shutdown'; readonly cancelFutures: boolean };

/** What an `answer` word holds. */
export const Answer = { Yes: 1, No: 2 } as const;

/** What became of a call that a task of this worker has submitted to its own pool. */
export interface Settled {
  readonly kind: 'settled';
  readonly call: number;
  readonly outcome: RelayedOutcome;
}

export type ToWorker =
  | { readonly kind: 'function'; readonly entry: FunctionEntry }
  /**
   * The arguments of the call in `slot`. Without `entry` the worker has claimed it and asked for them;
   * with it the worker was reserved for the call, and claims it now.
   */
  | {
      readonly kind: 'arguments';
      readonly slot: number;
      readonly entry?: number;
      readonly args: MessageValue;
    }
  | Settled
  /** A reservation came to nothing: go on as before. */
  | { readonly kind: 'resume' }
  /** Finish what you have and end. */
  | { readonly kind: 'close' };

export type ToParent =
  | { readonly kind: 'ready' }
  | { readonly kind: 'start-failed'; readonly error: ErrorEnvelope }
  /** An error that nobody has caught is about to end the worker. */
  | { readonly kind: 'dying'; readonly error: ErrorEnvelope }
  /** `answer`, word 0: where the worker waits for the answer to a question. */
  | {
      readonly kind: 'request';
      readonly request: RelayedRequest;
      readonly answer?: Int32Array | undefined;
    }
  /** What the task in `slot` has written, whose output is captured. */
  | {
      readonly kind: 'output';
      readonly slot: number;
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
    }
  /** The value of the call in `slot`, or what it threw. */
  | { readonly kind: 'outcome'; readonly slot: number; readonly value: MessageValue };
