/** A call of a submitter, until it is over. */
import type { CallData, Parcel } from './call-format.ts';
import type { ClusterFuture } from './cluster-future.ts';
import {
  callAfterBegin,
  callAfterEnd,
  callAfterReturn,
  callAfterSend,
  CallState,
} from './call-state.ts';
import type { BulkJob } from './redis-connection.ts';
import type { Packet } from './parcel.ts';

/** A request to cancel, until it is answered. */
export interface CancelRequest {
  reason: unknown;
  /** The time of the request to remove the job. Defined while Redis may have removed it and no answer has arrived. */
  removedAt: number | undefined;
  readonly confirmations: ((cancelled: boolean) => void)[];
}

export class ClusterCall {
  /** The number by which its future refers to it. */
  readonly handle: number;
  readonly id: string;
  readonly future: ClusterFuture<unknown>;
  /** The job to send; undefined when Redis has stored it. */
  job: BulkJob | undefined;
  /** Its arguments until Redis has stored them, if they have a key of their own; */
  packet: Packet | undefined;
  /** and that key, if it is known here. */
  arguments: Parcel | undefined;
  /** Number of items, if the call is a chunk; undefined if it is not, or if another program wrote it. */
  items: number | undefined = undefined;
  /** Its outcome is being fetched from a key of its own. */
  isFetching = false;
  cancellation: CancelRequest | undefined = undefined;
  /** Of the call in Redis; undefined if calls are not signed, or if another program wrote it. */
  signature: string | undefined;
  /** The time of the last look-up in Redis, or of sending it. */
  checkedAt = 0;
  #state: CallState = CallState.Held;

  constructor(
    handle: number,
    future: ClusterFuture<unknown>,
    job: BulkJob | undefined,
    packet: Packet | undefined,
  ) {
    this.packet = packet;
    this.arguments = packet?.parcel;
    this.handle = handle;
    this.id = future.id;
    this.future = future;
    this.job = job;
    this.signature = (job?.data as Partial<CallData> | undefined)?.sig;
    if (job === undefined) this.#state = CallState.Sent;
  }

  /** Identifies the call in the signatures of records about it. */
  get about(): readonly unknown[] {
    return [this.id, this.signature ?? null];
  }

  get state(): CallState {
    return this.#state;
  }

  get isHeld(): boolean {
    return this.#state === CallState.Held;
  }

  get isActive(): boolean {
    return this.#state === CallState.Active;
  }

  get isOver(): boolean {
    return this.#state === CallState.Over;
  }

  /** @returns false if it is over and must not be sent. */
  send(): boolean {
    return this.#become(callAfterSend(this.#state));
  }

  begin(): boolean {
    return this.#become(callAfterBegin(this.#state));
  }

  giveBack(): boolean {
    return this.#become(callAfterReturn(this.#state));
  }

  /** @returns true if this invocation has ended the call. */
  end(): boolean {
    return this.#become(callAfterEnd(this.#state));
  }

  #become(next: CallState | undefined): boolean {
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }
}
