/**
 * Calls for which this host has other code than their submitter: during the rollout of a new version, or on a forgotten
 * host. Another host may have the right code, so such a call goes back to the queue with a delay, for as long as its
 * submitter allows.
 *
 * A host that can't run its calls is always free, and would be the first to take each of them again. So it pauses
 * before it takes the next call, longer after each such call in a row.
 */
import { DEFAULT_MISMATCH_PATIENCE, type RemoteCall } from '../cluster/call-format.ts';
import type { RedisClient } from '../cluster/connection.ts';
import { queueTime } from '../cluster/queue-node.ts';
import type { QueueNames } from '../cluster/queue-names.ts';

/** The field of a job's hash with the time of its first return, by the clock of Redis. */
const FIRST_FIELD = 'cf:mismatch';
/** Milliseconds until a call comes again: as long as it has waited already, so each pause doubles the waiting. */
const SHORTEST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;
/** Milliseconds for which this host takes no calls. */
const SHORTEST_REST = 25;
const LONGEST_REST = 2_000;

export class Mismatches {
  readonly #client: RedisClient;
  readonly #names: QueueNames;
  /** The name of this host. */
  readonly #name: string;
  #inARow = 0;

  constructor(client: RedisClient, names: QueueNames, name: string) {
    this.#client = client;
    this.#names = names;
    this.#name = name;
  }

  /** Milliseconds after which the call is tried again. Undefined: the call must fail. */
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
    // Also if the field is not a time.
    if (!(waited >= 0 && waited < mismatchPatience)) return undefined;
    return Math.min(Math.max(waited, SHORTEST_PAUSE), LONGEST_PAUSE, mismatchPatience - waited);
  }

  /** Milliseconds for which this host should take no calls now. */
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
