/**
 * What a host has to tell Redis, and Redis refuses: because it is full, or may not write at the moment. It is tried again until
 * it is taken, or until this host ends; BullMQ would take the refusal for an answer.
 *
 * A connection that is lost is none of this: commands wait for it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { isFull, isRefusal } from '../cluster/connection.ts';
import { warn } from '../events/warnings.ts';
import { reason } from '../util/validate.ts';
import type { HostEvent } from './host-event.ts';
import type { RoomMaker } from './room-maker.ts';

const ADVICE =
  'Redis is full. Calls are taken, and end, only as fast as outcomes expire. Give it more memory, or keep outcomes for a shorter time (resultTtl).';
/** Milliseconds between two attempts. */
const BEFORE_AGAIN = 500;
/** Milliseconds without a refusal after which there is none to be expected: a server that is full is full again soon. */
const CALM = 5_000;

export class Persistence {
  readonly #room: Pick<RoomMaker, 'make'>;
  readonly #tell: (event: HostEvent) => void;
  readonly #ending = new AbortController();
  /** Since when Redis has refused something, and taken nothing. */
  #refusedSince: number | undefined = undefined;
  /** When it has refused something last, until it is told that it does not any more. */
  #lastRefusal: number | undefined = undefined;
  #hasWarned = false;

  constructor(room: Pick<RoomMaker, 'make'>, tell: (event: HostEvent) => void) {
    this.#room = room;
    this.#tell = tell;
  }

  /** For how many milliseconds something has been refused. */
  get refusedFor(): number {
    return this.#refusedSince === undefined ? 0 : performance.now() - this.#refusedSince;
  }

  /** Does it until Redis takes it, or this host ends. @throws what it throws otherwise. */
  async persist<T>(action: () => Promise<T>): Promise<T> {
    for (let isRefused = false; ; isRefused = true) {
      try {
        const result = await action();
        if (isRefused) this.taken();
        return result;
      } catch (error) {
        if (!(await this.pause(error))) throw error;
      }
    }
  }

  /** Redis has taken something that it would refuse if it were in trouble. */
  taken(): void {
    this.#refusedSince = undefined;
    if (performance.now() - (this.#lastRefusal ?? Infinity) < CALM) return;
    if (this.#lastRefusal !== undefined) this.#tell({ event: 'redis-recovered' });
    this.#lastRefusal = undefined;
  }

  /** @returns true: it has passed a while, and what has failed may be tried again. false: that would be of no use. */
  async pause(error: unknown): Promise<boolean> {
    const hasNoRoom = isFull(error);
    if (this.#ending.signal.aborted || !(hasNoRoom || isRefusal(error))) return false;
    const isNews = this.#lastRefusal === undefined;
    this.#lastRefusal = performance.now();
    this.#refusedSince ??= this.#lastRefusal;
    if (isNews && !hasNoRoom) this.#tell({ event: 'redis-refuses', reason: reason(error) });
    if (!hasNoRoom || !(await this.#makeRoom(isNews)))
      await delay(BEFORE_AGAIN, undefined, { signal: this.#ending.signal }).catch(() => {});
    return true;
  }

  /** What is still refused is given up. */
  end(): void {
    this.#ending.abort();
  }

  /** @returns whether there is more of it now. */
  async #makeRoom(isNews: boolean): Promise<boolean> {
    if (!this.#hasWarned) warn('CF_CLUSTER_MEMORY', ADVICE);
    this.#hasWarned = true;
    // The connection: whatever was refused is tried again, and this with it.
    const { outcomes, events } = await this.#room.make().catch(() => ({ outcomes: 0, events: 0 }));
    if (isNews || outcomes > 0) this.#tell({ event: 'redis-full', removed: outcomes });
    return outcomes + events > 0;
  }
}
