/**
 * Calls on their way into Redis: those of one turn go together, and a few batches are under way at a
 * time, so that a burst neither takes a round trip per call nor fills the connection with what
 * might yet be cancelled for nothing. A call by itself is no batch: a transaction of one command would be
 * three commands.
 *
 * A batch that fails because the connection broke, or because the server has just started, is sent again:
 * a job has its id from here, so what was stored the first time is not stored twice.
 */
import { BrokenCluster } from '../errors.ts';
import { Deque } from '../util/deque.ts';
import { reason } from '../util/validate.ts';
import type { ClusterCall } from './cluster-call.ts';
import type { BulkJob, ClusterLink } from './cluster-link.ts';

const MOST_IN_A_BATCH = 1_000;
const MOST_BATCHES = 3;
/** Milliseconds. */
const BEFORE_AGAIN = 200;

/** What passes. Everything else is an answer. */
const TRANSIENT =
  /Connection is closed|Command aborted|ECONN|EPIPE|ETIMEDOUT|Socket timeout|Command timed out|NOSCRIPT|EXECABORT|LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MISCONF|Stream isn't writeable|Connection in subscriber mode/;

export class Outbox {
  readonly #link: ClusterLink;
  readonly #stored: (call: ClusterCall) => void;
  readonly #refused: (call: ClusterCall, error: unknown) => void;
  readonly #held = new Deque<ClusterCall>();
  #underWay = 0;
  #state: 'shut' | 'open' | 'flushing' = 'shut';

  /** @param stored - Redis has it. */
  constructor(
    link: ClusterLink,
    stored: (call: ClusterCall) => void,
    refused: (call: ClusterCall, error: unknown) => void,
  ) {
    this.#link = link;
    this.#stored = stored;
    this.#refused = refused;
  }

  add(call: ClusterCall): void {
    this.#held.push(call);
    this.#schedule();
  }

  /** The connection is there. */
  open(): void {
    if (this.#state !== 'shut') return;
    this.#state = 'open';
    this.#schedule();
  }

  #schedule(): void {
    if (this.#state !== 'open' || this.#held.length === 0 || this.#underWay >= MOST_BATCHES) return;
    this.#state = 'flushing';
    queueMicrotask(() => {
      this.#state = 'open';
      while (this.#held.length > 0 && this.#underWay < MOST_BATCHES)
        void this.#send(this.#nextBatch());
    });
  }

  #nextBatch(): ClusterCall[] {
    const batch: ClusterCall[] = [];
    while (batch.length < MOST_IN_A_BATCH) {
      const call = this.#held.shift();
      if (call === undefined) break;
      if (call.send()) batch.push(call);
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
    for (;;) {
      try {
        const jobs = calls.map(({ job }) => job).filter((job): job is BulkJob => job !== undefined);
        await this.#add(jobs);
        for (const call of calls) this.#stored(call);
        return;
      } catch (error) {
        if (!TRANSIENT.test(reason(error))) {
          for (const call of calls) this.#refused(call, refusal(error));
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, BEFORE_AGAIN));
      }
    }
  }

  #add(jobs: BulkJob[]): Promise<unknown> {
    const { queue } = this.#link;
    const [first] = jobs;
    return first === undefined || jobs.length > 1
      ? queue.addBulk(jobs)
      : queue.add(first.name, first.data, first.opts);
  }
}

function refusal(error: unknown): BrokenCluster {
  const hint = /OOM/.test(reason(error))
    ? ' Redis is out of memory: give it more, or submit fewer calls at a time (map with bufferSize).'
    : '';
  return new BrokenCluster(`Redis did not take the call: ${reason(error)}${hint}`, {
    code: 'ERR_CONNECTION',
  });
}
