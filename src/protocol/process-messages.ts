/** The messages between a parent and a worker process, except calls and outcomes (`process/frame-layout.ts`). */
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';

/** The data that a worker process gets first. */
export interface ProcessStart extends WorkerStart {
  /** If defined, calls have to be claimed with this secret before they begin; see process/claim-log.ts. */
  readonly claims: number | undefined;
}

export type ToProcess =
  | ToWorker
  | { readonly kind: 'start'; readonly start: ProcessStart }
  /** The claim log was truncated; positions begin at 0 again. */
  | { readonly kind: 'claims-reset' }
  /** The answer to the question that the worker is blocked on. */
  | { readonly kind: 'answer'; readonly yes: boolean };

export type FromProcess = FromWorker;

export type ProcessMessage = ToProcess | FromProcess;
