/**
 * Room in a Redis that is full.
 *
 * BullMQ removes outcomes that are kept long enough when it writes down the next one, which a full Redis refuses: so none
 * is ever removed, and no call ever ends. What has expired is removed here, by commands that need no memory, and what was
 * refused is tried again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { RedisClient } from '../cluster/connection.ts';
import type { QueueNames } from '../cluster/queue-names.ts';
import { warn } from '../events/warnings.ts';
import { reason } from '../util/validate.ts';
import type { HostEvent } from './host-event.ts';

const ADVICE =
  'Redis is full. Calls end only as fast as outcomes expire. Give it more memory, or keep outcomes for a shorter time (resultTtl).';
/** Milliseconds between two attempts, where nothing could be removed. */
const BEFORE_AGAIN = 500;
/** Jobs that are looked at together. */
const PAGE = 1_000;

export class RoomMaker {
  readonly #client: RedisClient;
  readonly #names: QueueNames;
  readonly #tell: (event: HostEvent) => void;
  readonly #ending = new AbortController();
  #making: Promise<number> | undefined = undefined;
  /** Whether it is known that Redis is full, and nobody has been told that it is not any more. */
  #isFull = false;

  constructor(client: RedisClient, names: QueueNames, tell: (event: HostEvent) => void) {
    this.#client = client;
    this.#names = names;
    this.#tell = tell;
  }

  /** Does it again until Redis has room for it, or this host ends. @throws what it throws otherwise. */
  async persist<T>(action: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const result = await action();
        this.#isFull = false;
        return result;
      } catch (error) {
        if (!isFullError(error) || this.#ending.signal.aborted) throw error;
        if ((await this.make()) === 0)
          await delay(BEFORE_AGAIN, undefined, { signal: this.#ending.signal }).catch(() => {});
      }
    }
  }

  /** What BullMQ tells of commands that have failed. */
  heed(error: unknown): void {
    if (isFullError(error)) void this.make();
  }

  /** Removes the outcomes that have expired. @returns how many. */
  make(): Promise<number> {
    this.#making ??= this.#make().finally(() => (this.#making = undefined));
    return this.#making;
  }

  end(): void {
    this.#ending.abort();
  }

  async #make(): Promise<number> {
    let removed = 0;
    try {
      for (const set of ['completed', 'failed']) removed += await this.#removeExpired(set);
    } catch {
      // The connection: whatever was refused is tried again, and this with it.
    }
    if (removed > 0 || !this.#isFull) this.#tell({ event: 'redis-full', removed });
    if (!this.#isFull) warn('CF_CLUSTER_MEMORY', ADVICE);
    this.#isFull = true;
    return removed;
  }

  async #removeExpired(name: string): Promise<number> {
    const queue = `${this.#names.prefix}:${this.#names.queue}`;
    const set = `${queue}:${name}`;
    const now = await this.#now();
    let removed = 0;
    for (let from = 0; ;) {
      const ids = await this.#client.zrange(set, String(from), String(from + PAGE - 1));
      const gone = (await Promise.all(ids.map((id) => this.#hasExpired(`${queue}:${id}`, now))))
        .map((hasExpired, i) => (hasExpired ? ids[i] : undefined))
        .filter((id) => id !== undefined);
      if (gone.length > 0) {
        await this.#client.zrem(set, ...gone);
        await this.#client.unlink(
          ...gone.flatMap((id) => [`${queue}:${id}`, `${queue}:${id}:logs`]),
        );
        removed += gone.length;
      }
      if (ids.length < PAGE) return removed;
      from += ids.length - gone.length;
    }
  }

  async #hasExpired(job: string, now: number): Promise<boolean> {
    const [finishedOn, text, isFailed] = await this.#client.hmget(
      job,
      'finishedOn',
      'opts',
      'failedReason',
    );
    try {
      const opts = JSON.parse(text ?? '') as Record<string, { readonly age?: unknown } | undefined>;
      const keep = opts[isFailed === null ? 'removeOnComplete' : 'removeOnFail'];
      return Number(finishedOn) + Number(keep?.age) * 1000 < now;
    } catch {
      // Not of ours.
      return false;
    }
  }

  async #now(): Promise<number> {
    const [seconds] = await this.#client.time();
    return Number(seconds) * 1000;
  }
}

function isFullError(error: unknown): boolean {
  return /\bOOM\b/.test(reason(error));
}
