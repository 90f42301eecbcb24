/**
 * What a parent and a worker process say to each other besides calls and outcomes, which have a form
 * of their own (`process/frame.ts`).
 */
import type { ErrorEnvelope } from '../codec/error-envelope.ts';
import type { FunctionEntry, InitializerCall, RelayedRequest, Settled } from './messages.ts';

/** What a worker process is told first. */
export interface ProcessStart {
  readonly name: string;
  readonly initializer: InitializerCall | undefined;
  /** Milliseconds that the import of a task's module may take. */
  readonly importTimeout: number;
  /** Calls have to be claimed before they are begun, with this secret; see process/claim-log.ts. */
  readonly claims: number | undefined;
}

export type ToProcess =
  | { readonly kind: 'start'; readonly start: ProcessStart }
  | { readonly kind: 'function'; readonly entry: FunctionEntry }
  /** The claim log has been emptied, and begins anew. */
  | { readonly kind: 'claims-reset' }
  | Settled
  /** To the question that the worker is blocked on. */
  | { readonly kind: 'answer'; readonly yes: boolean }
  /** Finish what you have and end. */
  | { readonly kind: 'close' };

export type FromProcess =
  | { readonly kind: 'ready' }
  | { readonly kind: 'start-failed'; readonly error: ErrorEnvelope }
  /** An error that nobody has caught is about to end the worker. */
  | { readonly kind: 'dying'; readonly error: ErrorEnvelope }
  | { readonly kind: 'request'; readonly request: RelayedRequest }
  /** What a task has written, whose output is captured. */
  | {
      readonly kind: 'output';
      readonly call: number;
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
    };

export type ProcessMessage = ToProcess | FromProcess;
