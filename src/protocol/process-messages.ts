/**
 * What a parent and a worker process say to each other besides calls and outcomes, which have a form
 * of their own (`process/frame-layout.ts`).
 */
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';

/** What a worker process is told first. */
export interface ProcessStart extends WorkerStart {
  /** Calls have to be claimed before they are begun, with this secret; see process/claim-log.ts. */
  readonly claims: number | undefined;
}

export type ToProcess =
  | ToWorker
  | { readonly kind: 'start'; readonly start: ProcessStart }
  /** The claim log has been emptied, and begins anew. */
  | { readonly kind: 'claims-reset' }
  /** To the question that the worker is blocked on. */
  | { readonly kind: 'answer'; readonly yes: boolean };

export type FromProcess = FromWorker;

export type ProcessMessage = ToProcess | FromProcess;
