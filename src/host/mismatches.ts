/**
 * Calls of which this host has other code than their submitter: while a new version is being rolled out, or on a host that
 * was forgotten. Another host may have the right one, so such a call goes back to the queue, with a pause before it comes again,
 * until it has been passed on for as long as its submitter likes.
 *
 * A host that can't run what it takes is always free, and would be the first to take each of them again. So with each
 * call in a row that it can't run it waits longer before it takes another.
 */
import { DEFAULT_MISMATCH_PATIENCE, type RemoteCall } from '../cluster/call-format.ts';
import type { RedisClient } from '../cluster/connection.ts';
import { queueTime } from '../cluster/queue-node.ts';
import type { QueueNames } from '../cluster/queue-names.ts';

/** The field of a job's hash that says when it was first passed on, by the clock of Redis. */
const FIRST_FIELD = 'cf:mismatch';
/** Milliseconds until a call comes again. Each time twice as long, since it has waited that long already. */
const SHORTEST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;
/** Milliseconds for which this host takes nothing. */
const SHORTEST_REST = 25;
const LONGEST_REST = 2_000;

export class Mismatches {
  readonly #client: RedisClient;
  readonly #names: QueueNames;
  /** Of this host. */
  readonly #name: string;
  #inARow = 0;

  constructor(client: RedisClient, names: QueueNames, name: string) {
    this.#client = client;
    this.#names = names;
    this.#name = name;
  }

  /** Milliseconds after which the call is to be tried again. Undefined: it is to fail. */
  async pauseFor(
    id: string,
    { mismatchPatience = DEFAULT_MISMATCH_PATIENCE }: RemoteCall,
  ): Promise<number | undefined> {
    if (mismatchPatience === 0 || !(await this.#hasOthers())) return undefined;
    const job = `${this.#names.prefix}:${this.#names.queue}:${id}`;
    const now = await queueTime(this.#client, this.#names);
    await this.#client.hsetnx(job, FIRST_FIELD, now);
    const first = Number(await this.#client.hget(job, FIRST_FIELD));
    const waited = now - first;
    // Also where somebody has written what is no time.
    if (!(waited >= 0 && waited < mismatchPatience)) return undefined;
    return Math.min(Math.max(waited, SHORTEST_PAUSE), LONGEST_PAUSE, mismatchPatience - waited);
  }

  /** Milliseconds for which this host should take nothing now. */
  nextRest(): number {
    return Math.min(SHORTEST_REST * 2 ** this.#inARow++, LONGEST_REST);
  }

  /** A call was run here. */
  ran(): void {
    this.#inARow = 0;
  }

  async #hasOthers(): Promise<boolean> {
    const { hosts, hostRecord } = this.#names;
    const others = (await this.#client.smembers(hosts)).filter((name) => name !== this.#name);
    return others.length > 0 && (await this.#client.exists(...others.map(hostRecord))) > 0;
  }
}
