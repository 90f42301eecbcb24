/**
 * A call, as the dispatcher sees it.
 *
 *     QUEUED    -> SENT        written to a worker's channel
 *     QUEUED    -> WITHDRAWN   cancelled
 *     SENT      -> QUEUED      taken back for another worker, or its worker died before it began it
 *     SENT      -> WITHDRAWN   taken back because it was cancelled
 *     SENT      -> DONE        its outcome has come, or its worker has died with it
 *
 * "Begun" is not a state here: the worker decides it, and the claim log records it (claim-log.ts). WITHDRAWN and DONE
 * are final.
 */
import type { WrittenFrame } from './frame-writer.ts';

export const QUEUED = 0;
export const SENT = 1;
export const WITHDRAWN = 2;
export const DONE = 3;
export type CallState = typeof QUEUED | typeof SENT | typeof WITHDRAWN | typeof DONE;

export class Call<Owner = unknown> {
  readonly id: number;
  /** The number of its function. */
  readonly fn: number;
  // The bytes of the call, and the buffers that follow them on the channel.
  readonly page: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly attached: readonly Uint8Array[];
  /** The caller's own value for the call. */
  readonly owner: Owner;
  #state: CallState = QUEUED;
  /** The worker that it was sent to, and its number among the calls of that worker. */
  worker = -1;
  sequence = 0;
  /** True if its function was quick when it was sent. */
  quick = false;
  /** How many workers have died with it in hand before they had begun any call. */
  deaths = 0;

  constructor(id: number, fn: number, frame: WrittenFrame, owner: Owner) {
    this.owner = owner;
    this.id = id;
    this.fn = fn;
    this.page = frame.page;
    this.start = frame.start;
    this.end = frame.end;
    this.attached = frame.attached;
  }

  get state(): CallState {
    return this.#state;
  }

  /** @returns true if it was queued. */
  send(worker: number, sequence: number, quick: boolean): boolean {
    if (this.#state !== QUEUED) return false;
    this.#state = SENT;
    this.worker = worker;
    this.sequence = sequence;
    this.quick = quick;
    return true;
  }

  /** @returns true if it had been sent. */
  takeBack(): boolean {
    if (this.#state !== SENT) return false;
    this.#state = QUEUED;
    return true;
  }

  /** @returns true if it was neither withdrawn nor finished before. */
  withdraw(): boolean {
    if (this.#state !== QUEUED && this.#state !== SENT) return false;
    this.#state = WITHDRAWN;
    return true;
  }

  /** @returns true if a worker had it. */
  finish(): boolean {
    if (this.#state !== SENT) return false;
    this.#state = DONE;
    return true;
  }
}
