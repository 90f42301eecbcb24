/**
 * Makes room in a full Redis.
 *
 * BullMQ removes expired outcomes when it writes the next one, and if no call can be taken there is no next one. So
 * expired outcomes are removed here, by commands that need no memory. Old events are removed as well: they contain
 * results, and BullMQ limits their number and not their age.
 */
import type { RedisClient } from '../cluster/connection.ts';
import { queueTime } from '../cluster/queue-node.ts';
import type { QueueNames } from '../cluster/queue-names.ts';

/** Milliseconds after which no submitter needs an event any more: one that has missed it looks the call up. */
const EVENT_AGE = 5_000;
/** Jobs of one step, and the most steps at a time. */
const PAGE = 1_000;
const MOST_PAGES = 20;

export interface Room {
  /** The number of removed outcomes. */
  readonly outcomes: number;
  readonly events: number;
}

export class RoomMaker {
  readonly #client: RedisClient;
  readonly #names: QueueNames;
  readonly #queue: string;
  /** The position reached in each set of outcomes: there may be very many, none of which has expired. */
  readonly #from = new Map<string, number>();
  #making: Promise<Room> | undefined = undefined;

  constructor(client: RedisClient, names: QueueNames) {
    this.#client = client;
    this.#names = names;
    this.#queue = `${names.prefix}:${names.queue}`;
  }

  /** Many callers may share one run. */
  make(): Promise<Room> {
    this.#making ??= this.#make().finally(() => (this.#making = undefined));
    return this.#making;
  }

  async #make(): Promise<Room> {
    const now = await queueTime(this.#client, this.#names);
    const events = await this.#client.xtrim(`${this.#queue}:events`, 'MINID', now - EVENT_AGE);
    const completed = await this.#removeExpired('completed', now);
    return { outcomes: completed + (await this.#removeExpired('failed', now)), events };
  }

  /** The oldest first. */
  async #removeExpired(name: string, now: number): Promise<number> {
    const set = `${this.#queue}:${name}`;
    let from = this.#from.get(name) ?? 0;
    let removed = 0;
    for (let page = 0; page < MOST_PAGES; page++) {
      const ids = await this.#client.zrange(set, String(from), String(from + PAGE - 1));
      const hasExpired = await Promise.all(ids.map((id) => this.#hasExpired(id, now)));
      const gone = ids.filter((_, i) => hasExpired[i]);
      if (gone.length > 0) await this.#remove(set, gone);
      removed += gone.length;
      from = ids.length < PAGE ? 0 : from + ids.length - gone.length;
      if (from === 0) break;
    }
    this.#from.set(name, from);
    return removed;
  }

  /** In this order, so that no record is left outside all sets. A full server takes no transaction. */
  async #remove(set: string, ids: readonly string[]): Promise<void> {
    const keys = ids.flatMap((id) => [`${this.#queue}:${id}`, `${this.#queue}:${id}:logs`]);
    await this.#client.unlink(...keys);
    await this.#client.zrem(set, ...ids);
  }

  async #hasExpired(id: string, now: number): Promise<boolean> {
    const key = `${this.#queue}:${id}`;
    const fields = await this.#client.hmget(key, 'finishedOn', 'opts', 'failedReason');
    const [finishedOn, opts, failedReason] = fields;
    const keep = keptFor(opts, failedReason === null ? 'removeOnComplete' : 'removeOnFail');
    // A missing record was left in the set by a host that died during the removal.
    if (fields.every((field) => field === null)) return true;
    return typeof finishedOn === 'string' && Number(finishedOn) + keep * 1000 < now;
  }
}

/** Seconds; NaN if the options do not have it, in jobs of another library. */
function keptFor(opts: string | null | undefined, option: string): number {
  try {
    const keep = (JSON.parse(opts ?? '') as Record<string, unknown> | null)?.[option];
    return Number((keep as { readonly age?: unknown } | undefined)?.age);
  } catch {
    return NaN;
  }
}
