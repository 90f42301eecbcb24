/**
 * Sends calls to Redis: those of one event loop iteration in one batch, and a few batches at a time. So a burst
 * neither takes a round trip per call, nor fills the connection with calls that might still be cancelled.
 *
 * If the server runs full, it may accept some calls of a batch and refuse others. Calls that have failed because the
 * connection broke, or because the server has just started, are sent again: the id of a job is chosen here, so a job
 * that was stored the first time is not stored twice.
 */
import { BrokenCluster } from '../errors.ts';
import { Deque } from '../util/deque.ts';
import { reason } from '../util/validate.ts';
import { BatchMachine } from './batch-state.ts';
import type { ClusterCall } from './cluster-call.ts';
import type { BulkJob, RedisConnection } from './redis-connection.ts';
import { isFull, isTransient } from './connection.ts';
import { LONGEST_WAIT } from './job.ts';
import { dropParcel, putParcel } from './parcel.ts';
import type { QueueNames } from './queue-names.ts';

const MOST_IN_A_BATCH = 1_000;
/** Bytes of values in keys of their own, above which a batch is full. */
const MOST_BYTES = 16 * 2 ** 20;
const MOST_BATCHES = 3;
/** Milliseconds. */
const BEFORE_AGAIN = 200;

export class Outbox {
  readonly #redis: RedisConnection;
  readonly #names: QueueNames;
  readonly #stored: (call: ClusterCall) => void;
  readonly #refused: (call: ClusterCall, error: unknown) => void;
  readonly #unsent = new Deque<ClusterCall>();
  #underWay = 0;
  readonly #state = new BatchMachine();

  /** @param stored - called when Redis has stored a call. */
  constructor(
    redis: RedisConnection,
    names: QueueNames,
    stored: (call: ClusterCall) => void,
    refused: (call: ClusterCall, error: unknown) => void,
  ) {
    this.#redis = redis;
    this.#names = names;
    this.#stored = stored;
    this.#refused = refused;
  }

  add(call: ClusterCall): void {
    this.#unsent.push(call);
    this.#schedule();
  }

  /** Called when the connection is open. */
  open(): void {
    if (this.#state.open()) this.#schedule();
  }

  #schedule(): void {
    if (this.#unsent.length === 0 || this.#underWay >= MOST_BATCHES || !this.#state.schedule())
      return;
    queueMicrotask(() => {
      this.#state.flush();
      while (this.#unsent.length > 0 && this.#underWay < MOST_BATCHES)
        void this.#send(this.#nextBatch());
    });
  }

  #nextBatch(): ClusterCall[] {
    const batch: ClusterCall[] = [];
    let bytes = 0;
    while (batch.length < MOST_IN_A_BATCH && bytes < MOST_BYTES) {
      const call = this.#unsent.shift();
      if (call === undefined) break;
      if (!call.send()) continue;
      batch.push(call);
      bytes += call.packet?.blob.length ?? 0;
    }
    return batch;
  }

  async #send(calls: readonly ClusterCall[]): Promise<void> {
    if (calls.length === 0) return;
    this.#underWay++;
    try {
      await this.#store(calls);
    } finally {
      this.#underWay--;
      this.#schedule();
    }
  }

  async #store(calls: readonly ClusterCall[]): Promise<void> {
    for (let left = calls; ;) {
      try {
        left = await this.#putValues(left);
        const jobs = left.map(({ job }) => job).filter((job): job is BulkJob => job !== undefined);
        left = this.#handleAnswers(left, await this.#redis.add(jobs));
      } catch (error) {
        left = this.#handleAnswers(
          left,
          left.map(() => error),
        );
      }
      if (left.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, BEFORE_AGAIN));
    }
  }

  /** @param answers - the error for each call; undefined if it is stored. @returns the calls to send again. */
  #handleAnswers(
    calls: readonly ClusterCall[],
    answers: readonly unknown[],
  ): readonly ClusterCall[] {
    return calls.filter((call, i) => {
      const error = answers[i];
      if (error === undefined) this.#stored(call);
      else if (isTransient(error)) return true;
      else this.#refuse(call, error);
      return false;
    });
  }

  #refuse(call: ClusterCall, error: unknown): void {
    void dropParcel(this.#redis.commands, this.#names, call.id, call.packet?.parcel);
    this.#refused(call, refusal(error));
  }

  /**
   * Runs before the jobs that refer to the values are added. @returns the calls that may be added; there is no room
   * for the others.
   */
  async #putValues(calls: readonly ClusterCall[]): Promise<readonly ClusterCall[]> {
    if (calls.every(({ packet }) => packet === undefined)) return calls;
    const { commands } = this.#redis;
    const isPut = await Promise.all(
      calls.map(async (call) => {
        if (call.packet === undefined) return true;
        const ttl = LONGEST_WAIT + (call.job?.opts?.delay ?? 0);
        try {
          await putParcel(commands, this.#names, call.packet, ttl);
          return true;
        } catch (error) {
          if (isTransient(error)) throw error;
          this.#refuse(call, error);
          return false;
        }
      }),
    );
    return calls.filter((_, i) => isPut[i]);
  }
}

function refusal(error: unknown): BrokenCluster {
  const hint = isFull(error)
    ? ' Redis is out of memory: give it more, or submit fewer calls at a time (map with bufferSize).'
    : '';
  return new BrokenCluster(`Redis did not take the call: ${reason(error)}${hint}`, {
    code: 'ERR_CONNECTION',
  });
}
