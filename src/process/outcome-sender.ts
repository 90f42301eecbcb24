/** A worker's outcomes on their way to the channel. One that can't travel becomes the call's failure and says why. */
import { betweenProcesses } from '../codec/process-channel.ts';
import { packError } from '../codec/error-envelope.ts';
import { isTransferred } from '../codec/transfer.ts';
import { unsendableResult } from '../codec/unsendable.ts';
import { type PackedOutcome, salvageChunk } from '../worker/run-chunk.ts';
import type { Frame } from '../protocol/frame.ts';
import { Flag } from './frame.ts';
import type { Tempo } from './tempo.ts';
import type { WorkerChannel } from './worker-channel.ts';

export class OutcomeSender {
  readonly #channel: WorkerChannel;
  readonly #worker: string;

  constructor(channel: WorkerChannel, worker: string) {
    this.#channel = channel;
    this.#worker = worker;
  }

  finish(call: Frame, result: unknown, task: string, tempo: Tempo): void {
    const value = isTransferred(result) ? result.value : result;
    try {
      this.#channel.putOutcome(call.flags & Flag.Chunk, call.number, tempo, value);
    } catch (cause) {
      if ((call.flags & Flag.Chunk) === 0)
        this.fail(call, unsendableResult(value, task, cause), task, tempo);
      else
        this.finish(
          call,
          salvageChunk(value as PackedOutcome[], this.#worker, task, betweenProcesses),
          task,
          tempo,
        );
    }
  }

  fail(call: Frame, error: unknown, task: string, tempo: Tempo): void {
    const envelope = packError(error, this.#worker, task, betweenProcesses);
    this.#channel.putOutcome(Flag.Failed, call.number, tempo, envelope);
  }
}
