/**
 * A call, as the side that hands it out to workers sees it.
 *
 *     QUEUED    -> SENT        written to a worker's channel
 *     QUEUED    -> WITHDRAWN   cancelled
 *     SENT      -> QUEUED      taken back for another worker, or its worker died before it began it
 *     SENT      -> WITHDRAWN   taken back because it was cancelled
 *     SENT      -> DONE        its outcome has come, or its worker has died with it
 *
 * Whether a call that was sent has been begun is not a state here: the worker decides it, and the claim
 * log knows (claim-log.ts). WITHDRAWN and DONE are final.
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
  // Where it is written down, and what follows it on the channel.
  readonly page: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly attached: readonly Uint8Array[];
  /** Whatever the caller knows it by. */
  readonly owner: Owner;
  #state: CallState = QUEUED;
  /** The worker that it was sent to, and which of that worker's calls it is. */
  worker = -1;
  sequence = 0;
  /** Whether it was thought to be a matter of microseconds when it was sent. */
  quick = false;
  /** How many workers have died with it in their hands, and had begun nothing yet. */
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

  /** @returns whether it was there to be sent. */
  send(worker: number, sequence: number, quick: boolean): boolean {
    if (this.#state !== QUEUED) return false;
    this.#state = SENT;
    this.worker = worker;
    this.sequence = sequence;
    this.quick = quick;
    return true;
  }

  /** @returns whether it had been sent. */
  takeBack(): boolean {
    if (this.#state !== SENT) return false;
    this.#state = QUEUED;
    return true;
  }

  /** @returns whether it had neither been withdrawn before nor finished. */
  withdraw(): boolean {
    if (this.#state !== QUEUED && this.#state !== SENT) return false;
    this.#state = WITHDRAWN;
    return true;
  }

  /** @returns whether it was at a worker. */
  finish(): boolean {
    if (this.#state !== SENT) return false;
    this.#state = DONE;
    return true;
  }
}
