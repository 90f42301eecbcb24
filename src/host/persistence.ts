/**
 * Writes of a host that Redis refuses, because it is full or may not write at the moment. They are tried again until
 * Redis takes them, or until this host ends; BullMQ would treat the refusal as an answer.
 *
 * A lost connection is another case: commands wait for it.
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
/** Milliseconds without a refusal after which the trouble counts as over: a full server is soon full again. */
const CALM = 5_000;

export class Persistence {
  readonly #room: Pick<RoomMaker, 'make'>;
  readonly #tell: (event: HostEvent) => void;
  readonly #ending = new AbortController();
  /** The time since which Redis has refused writes, and taken none. */
  #refusedSince: number | undefined = undefined;
  /** The time of the last refusal, until the recovery is reported. */
  #lastRefusal: number | undefined = undefined;
  #hasWarned = false;

  constructor(room: Pick<RoomMaker, 'make'>, tell: (event: HostEvent) => void) {
    this.#room = room;
    this.#tell = tell;
  }

  /** Milliseconds for which writes have been refused. */
  get refusedFor(): number {
    return this.#refusedSince === undefined ? 0 : performance.now() - this.#refusedSince;
  }

  /** Repeats the action until Redis takes it, or this host ends. @throws the action's other errors. */
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

  /** Redis has taken a write that it would refuse in trouble. */
  taken(): void {
    this.#refusedSince = undefined;
    if (performance.now() - (this.#lastRefusal ?? Infinity) < CALM) return;
    if (this.#lastRefusal !== undefined) this.#tell({ event: 'redis-recovered' });
    this.#lastRefusal = undefined;
  }

  /** @returns true after a pause, if the failed action may be tried again; false if another try is useless. */
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

  /** Gives up the writes that are still refused. */
  end(): void {
    this.#ending.abort();
  }

  /** @returns true if there is more room now. */
  async #makeRoom(isNews: boolean): Promise<boolean> {
    if (!this.#hasWarned) warn('CF_CLUSTER_MEMORY', ADVICE);
    this.#hasWarned = true;
    // If the connection is lost, every refused write is tried again, and this with it.
    const { outcomes, events } = await this.#room.make().catch(() => ({ outcomes: 0, events: 0 }));
    if (isNews || outcomes > 0) this.#tell({ event: 'redis-full', removed: outcomes });
    return outcomes + events > 0;
  }
}
