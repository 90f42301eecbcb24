/**
 * Looks up calls whose events do not arrive. Events are delivered at most once: their stream is trimmed at its old
 * end, some are lost with a connection, a restarted server has lost the latest. The record of a job is
 * authoritative, and the reconciler reads it.
 *
 *     every second: calls without news for a while -> their records, a pipeline of HMGET -> settled
 *
 * It runs while calls are in progress, and does not keep the process alive.
 */
import type { ClusterCall } from './cluster-call.ts';
import type { RedisConnection } from './redis-connection.ts';
import { reason } from '../util/validate.ts';

const INTERVAL = 1_000;
/** Milliseconds without news after which a call is looked up. */
const PATIENCE = 5_000;
const MOST_AT_ONCE = 500;
/** After so many outcomes without an event, the connection for events is replaced. */
const MOST_UNTOLD = 3;

const NEVER = -Infinity;

/** The record of a job. */
export interface JobRecord {
  readonly exists: boolean;
  readonly finished: boolean;
  /** JSON. */
  readonly returnValue: string | undefined;
  readonly failedReason: string | undefined;
}

/** The fields of a job's hash from which a {@link JobRecord} is made. */
export const RECORD_FIELDS = ['timestamp', 'finishedOn', 'returnvalue', 'failedReason'] as const;

/** @param values - the values of {@link RECORD_FIELDS}. */
export function jobRecord(values: readonly (string | null | undefined)[]): JobRecord {
  const [timestamp, finishedOn, returnValue, failedReason] = values;
  return {
    exists: typeof timestamp === 'string',
    finished: typeof finishedOn === 'string',
    returnValue: returnValue ?? undefined,
    failedReason: failedReason ?? undefined,
  };
}

export class Reconciler {
  readonly #redis: RedisConnection;
  readonly #calls: ReadonlyMap<string, ClusterCall>;
  /** Settles a call if its job is over, or gone. */
  readonly #found: (call: ClusterCall, record: JobRecord) => void;
  #timer: NodeJS.Timeout | undefined = undefined;
  #asking: Promise<void> | undefined = undefined;
  #untold = 0;

  constructor(
    redis: RedisConnection,
    calls: ReadonlyMap<string, ClusterCall>,
    found: (call: ClusterCall, record: JobRecord) => void,
  ) {
    this.#redis = redis;
    this.#calls = calls;
    this.#found = found;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#sweep(), INTERVAL).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Called when events may have been missed: all calls are looked up at the next opportunity. */
  suspectLostEvents(): void {
    for (const call of this.#calls.values()) call.checkedAt = NEVER;
    this.#untold = 0;
    if (this.#timer !== undefined) this.#sweep();
  }

  async look(call: ClusterCall): Promise<void> {
    call.checkedAt = performance.now();
    // A broken connection is restored, and then all calls are looked up.
    const record = await this.#read(call.id).catch(() => undefined);
    if (record !== undefined) this.#found(call, record);
  }

  async #read(id: string): Promise<JobRecord> {
    const { commands, queue } = this.#redis;
    try {
      return jobRecord(await commands.hmget(queue.toKey(id), ...RECORD_FIELDS));
    } catch (error) {
      // Another program has written a key with this name.
      if (/\bWRONGTYPE\b/.test(reason(error))) return jobRecord([]);
      throw error;
    }
  }

  #sweep(): void {
    if (this.#asking !== undefined) return;
    const due: ClusterCall[] = [];
    const before = performance.now() - PATIENCE;
    for (const call of this.#calls.values()) {
      if (call.job !== undefined || call.checkedAt > before) continue;
      if (due.push(call) === MOST_AT_ONCE) break;
    }
    if (due.length === 0) return;
    this.#asking = Promise.all(due.map((call) => this.#lookAgain(call))).then(() => {
      this.#asking = undefined;
      if (this.#untold < MOST_UNTOLD) return;
      this.#untold = 0;
      this.#redis.refreshEvents();
    });
  }

  async #lookAgain(call: ClusterCall): Promise<void> {
    const { checkedAt } = call;
    await this.look(call);
    // Only a call that was checked before counts: all others are looked up because of a reconnection.
    if (checkedAt > NEVER && call.isOver) this.#untold++;
  }
}
