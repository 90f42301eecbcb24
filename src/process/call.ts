/** A call, as the side that hands it out to workers sees it. */
import {
  dispatchAfterFinish,
  dispatchAfterSend,
  dispatchAfterTakeBack,
  dispatchAfterWithdraw,
  DispatchState,
} from './dispatch-state.ts';
import type { WrittenFrame } from './frame-writer.ts';

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
  #state: DispatchState = DispatchState.Queued;
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

  get state(): DispatchState {
    return this.#state;
  }

  /** @returns true if it was queued. */
  send(worker: number, sequence: number, quick: boolean): boolean {
    if (!this.#become(dispatchAfterSend(this.#state))) return false;
    this.worker = worker;
    this.sequence = sequence;
    this.quick = quick;
    return true;
  }

  /** @returns true if it had been sent. */
  takeBack(): boolean {
    return this.#become(dispatchAfterTakeBack(this.#state));
  }

  /** @returns true if it was neither withdrawn nor finished before. */
  withdraw(): boolean {
    return this.#become(dispatchAfterWithdraw(this.#state));
  }

  /** @returns true if a worker had it. */
  finish(): boolean {
    return this.#become(dispatchAfterFinish(this.#state));
  }

  #become(next: DispatchState | undefined): boolean {
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }
}
