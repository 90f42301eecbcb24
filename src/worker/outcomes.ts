/**
 * Hands the outcome of a call over. If a result can't be sent, the call fails with the reason; in a chunk only the
 * item that can't be sent fails.
 */
import { packError } from '../codec/error-envelope.ts';
import { isTransferred } from '../codec/transfer.ts';
import { unsendableResult } from '../codec/unsendable.ts';
import type { CallPort } from './call-port.ts';
import { salvageChunk } from './run-chunk.ts';
import type { PackedOutcome } from '../protocol/messages.ts';

const nothing: readonly object[] = [];

export class Outcomes<C> {
  readonly #port: CallPort<C>;
  readonly #worker: string;

  constructor(port: CallPort<C>, worker: string) {
    this.#port = port;
    this.#worker = worker;
  }

  finish(call: C, result: unknown, task: string): void {
    const moved = isTransferred(result) ? result : undefined;
    const value = moved === undefined ? result : moved.value;
    try {
      this.#port.putValue(call, value, moved?.list ?? nothing);
    } catch (cause) {
      if (this.#port.isChunk(call)) this.#salvage(call, value as PackedOutcome[], task);
      else this.fail(call, unsendableResult(value, task, cause), task);
    }
  }

  fail(call: C, error: unknown, task: string): void {
    const { channel } = this.#port;
    this.#port.putError(call, packError(error, this.#worker, task, channel));
  }

  /** Lets only those items of a chunk fail whose values can't be sent; the others keep their outcomes. */
  #salvage(call: C, outcomes: PackedOutcome[], task: string): void {
    const { channel } = this.#port;
    this.#port.putValue(call, salvageChunk(outcomes, this.#worker, task, channel), nothing);
  }
}
