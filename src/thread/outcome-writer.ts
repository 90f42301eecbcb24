/**
 * A worker's outcomes: into the slot, into its ring, or as a message ahead of the notice; then DONE, then
 * the notice. An outcome that can't travel becomes the call's failure and says why.
 */
import { betweenThreads } from '../codec/channel.ts';
import { packError } from '../codec/error-envelope.ts';
import { toMessage } from '../codec/message.ts';
import { isTransferred } from '../codec/transfer.ts';
import { unsendableResult } from '../codec/unsendable.ts';
import type { ToParent } from '../protocol/messages.ts';
import { type PackedOutcome, salvageChunk } from '../worker/run-chunk.ts';
import type { CompletionWriter } from './completion-ring.ts';
import { movableCopy } from './large-bytes.ts';
import { Notice } from './layout.ts';
import type { SlotStates } from './slot-state.ts';
import type { WorkerMemory } from './worker-memory.ts';

export class OutcomeWriter {
  readonly #worker: string;
  readonly #memory: WorkerMemory;
  readonly #states: SlotStates;
  readonly #notices: CompletionWriter;
  readonly #send: (message: ToParent, transfer: readonly object[]) => void;

  constructor(
    worker: string,
    memory: WorkerMemory,
    states: SlotStates,
    notices: CompletionWriter,
    send: (message: ToParent, transfer: readonly object[]) => void,
  ) {
    this.#worker = worker;
    this.#memory = memory;
    this.#states = states;
    this.#notices = notices;
    this.#send = send;
  }

  finish(slot: number, value: unknown, task: string): void {
    try {
      const moved = isTransferred(value) ? value : movableCopy(value);
      if (moved !== undefined) this.#mail(slot, moved.value, moved.list, false);
      else if (!this.#memory.putOutcome(slot, value, false)) this.#mail(slot, value, [], false);
    } catch (cause) {
      if (this.#memory.isChunk(slot))
        this.finish(
          slot,
          salvageChunk(value as PackedOutcome[], this.#worker, task, betweenThreads),
          task,
        );
      else this.fail(slot, unsendableResult(value, task, cause), task);
      return;
    }
    this.#done(slot);
  }

  fail(slot: number, error: unknown, task: string): void {
    const envelope = packError(error, this.#worker, task, betweenThreads);
    if (!this.#memory.putOutcome(slot, envelope, true)) this.#mail(slot, envelope, [], true);
    this.#done(slot);
  }

  #mail(slot: number, value: unknown, list: readonly object[], failed: boolean): void {
    this.#send({ kind: 'outcome', slot, value: toMessage(value) }, list);
    this.#memory.outcomeIsMessage(slot, failed);
  }

  #done(slot: number): void {
    this.#states.finish(slot);
    this.#notices.push(slot | Notice.Done);
  }
}
