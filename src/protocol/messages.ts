/**
 * Everything that a parent and a worker thread say to each other by message. Calls themselves travel
 * in shared memory (`thread/layout.ts`); messages carry what happens rarely, and values that only the
 * platform's structured clone can carry.
 *
 * Both ends always are the same copy of this library, so there is no version to negotiate.
 */
import type { ErrorEnvelope } from '../codec/error-envelope.ts';

/** Where a worker finds a function: a module it can import, and the way to the function inside it. */
export interface FunctionReference {
  /** What `import()` takes, absolute: a `file:`, `data:` or `node:` URL. */
  readonly module: string;
  /** The export, and for members of it the way on: `['Parser', 'parse']`. */
  readonly path: readonly string[];
}

/** A function by the number that calls use for it. */
export interface FunctionEntry extends FunctionReference {
  readonly id: number;
  /** What it is called in messages. */
  readonly name: string;
}

/** What a worker is told before it starts. */
export interface WorkerStart {
  readonly memory: SharedArrayBuffer;
  readonly maxWorkers: number;
  readonly lane: number;
  readonly name: string;
  readonly functions: readonly FunctionEntry[];
  readonly initializer: { readonly fn: FunctionReference; readonly args: unknown[] } | undefined;
  /** Calls after which the worker retires; 0 for never. */
  readonly maxTasks: number;
  /** Milliseconds that the import of a task's module may take. */
  readonly importTimeout: number;
}

/** The outcome of a call that a task has submitted to the pool that runs it. */
export type RelayedOutcome =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: ErrorEnvelope };

/** What a task asks of the pool that runs it. */
export type RelayedRequest =
  | {
      readonly kind: 'submit';
      readonly call: number;
      readonly fn: FunctionReference;
      readonly args: unknown[];
    }
  /** `answer`, word 0: will it never run? */
  | { readonly kind: 'cancel'; readonly call: number; readonly answer: Int32Array }
  /** The task blocks its worker until the call is done. `answer`, word 0: could that never end? */
  | { readonly kind: 'block'; readonly call: number; readonly answer: Int32Array }
  | { readonly kind: 'shutdown'; readonly cancelFutures: boolean };

/** What an `answer` word holds. */
export const Answer = { Yes: 1, No: 2 } as const;

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
      readonly args: unknown[];
    }
  /** What became of a call that a task of this worker has submitted to its own pool. */
  | { readonly kind: 'settled'; readonly call: number; readonly outcome: RelayedOutcome }
  /** A reservation came to nothing: go on as before. */
  | { readonly kind: 'resume' }
  /** Finish what you have and end. */
  | { readonly kind: 'close' };

export type ToParent =
  | { readonly kind: 'ready' }
  | { readonly kind: 'start-failed'; readonly error: ErrorEnvelope }
  /** An error that nobody has caught is about to end the worker. */
  | { readonly kind: 'dying'; readonly error: ErrorEnvelope }
  | { readonly kind: 'request'; readonly request: RelayedRequest }
  /** The value of the call in `slot`, or what it threw. */
  | { readonly kind: 'outcome'; readonly slot: number; readonly value: unknown };
