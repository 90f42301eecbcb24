/** A call on its way, as its submitter keeps it until it is over. */
import type { CallData, Parcel } from './call-format.ts';
import type { ClusterFuture } from './cluster-future.ts';
import {
  ACTIVE,
  afterBegin,
  afterEnd,
  afterReturn,
  afterSend,
  type CallState,
  HELD,
  OVER,
  REFUSED,
  type Refused,
  SENT,
} from './call-state.ts';
import type { BulkJob } from './redis-connection.ts';
import type { Packet } from './parcel.ts';

/** A wish to cancel, until it is answered. */
export interface CancelRequest {
  reason: unknown;
  /** When Redis was told to take the job out, as long as it may have done so and nothing is known of it here. */
  removedAt: number | undefined;
  readonly confirmations: ((cancelled: boolean) => void)[];
}

export class ClusterCall {
  /** The number by which its future asks for it. */
  readonly handle: number;
  readonly id: string;
  readonly future: ClusterFuture<unknown>;
  /** What is to be sent; undefined once Redis has it. */
  job: BulkJob | undefined;
  /** Its arguments, until Redis has them, if they are in a key of their own; */
  packet: Packet | undefined;
  /** and that key, as far as it is known here. */
  arguments: Parcel | undefined;
  /** How many items it is a chunk of; undefined if it is none, or it was written by somebody else. */
  items: number | undefined = undefined;
  /** Its outcome is being fetched, from a key of its own. */
  isFetching = false;
  cancellation: CancelRequest | undefined = undefined;
  /** Of the call as it is in Redis; undefined where nothing is signed, or it was written by somebody else. */
  signature: string | undefined;
  /** When it was last looked up in Redis, or sent there. */
  checkedAt = 0;
  #state: CallState = HELD;

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
    if (job === undefined) this.#state = SENT;
  }

  /** What records are bound to that say something of it. */
  get about(): readonly unknown[] {
    return [this.id, this.signature ?? null];
  }

  get state(): CallState {
    return this.#state;
  }

  get isHeld(): boolean {
    return this.#state === HELD;
  }

  get isActive(): boolean {
    return this.#state === ACTIVE;
  }

  get isOver(): boolean {
    return this.#state === OVER;
  }

  /** @returns whether it may be sent: it may be over by now. */
  send(): boolean {
    return this.#become(afterSend(this.#state));
  }

  begin(): boolean {
    return this.#become(afterBegin(this.#state));
  }

  giveBack(): boolean {
    return this.#become(afterReturn(this.#state));
  }

  /** @returns whether it is whoever asks that ends it. */
  end(): boolean {
    return this.#become(afterEnd(this.#state));
  }

  #become(next: CallState | Refused): boolean {
    if (next === REFUSED) return false;
    this.#state = next;
    return true;
  }
}
