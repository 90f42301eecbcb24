/**
 * Looks up calls whose events stay out. Events are delivered at most once: the stream that they come in
 * is cut at its old end, a connection is lost with some of them, a server that was restarted has forgotten the last.
 * What a job's record says is the truth, and this asks for it.
 *
 *     every second: calls not heard of for a while -> what became of them, a pipeline of HMGET -> settled
 *
 * It runs while calls are under way, and is no reason for the process to stay.
 */
import type { ClusterCall } from './cluster-call.ts';
import type { RedisConnection } from './redis-connection.ts';
import { reason } from '../util/validate.ts';

const INTERVAL = 1_000;
/** Milliseconds after which a call is looked up that has not been heard of. */
const PATIENCE = 5_000;
const MOST_AT_ONCE = 500;
/** So many outcomes that no event has told, and the connection that events come on is made anew. */
const MOST_UNTOLD = 3;

const NEVER = -Infinity;

/** What a job's record says. */
export interface JobRecord {
  readonly exists: boolean;
  readonly finished: boolean;
  /** JSON. */
  readonly returnValue: string | undefined;
  readonly failedReason: string | undefined;
}

/** The fields of a job's hash that a {@link JobRecord} is made of. */
export const RECORD_FIELDS = ['timestamp', 'finishedOn', 'returnvalue', 'failedReason'] as const;

/** @param values - of {@link RECORD_FIELDS}. */
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

  /** Events may have been missed: everything is looked up at the next occasion. */
  suspectLostEvents(): void {
    for (const call of this.#calls.values()) call.checkedAt = NEVER;
    this.#untold = 0;
    if (this.#timer !== undefined) this.#sweep();
  }

  async look(call: ClusterCall): Promise<void> {
    call.checkedAt = performance.now();
    // A connection that breaks is made anew, and all calls are looked up then.
    const record = await this.#read(call.id).catch(() => undefined);
    if (record !== undefined) this.#found(call, record);
  }

  async #read(id: string): Promise<JobRecord> {
    const { commands, queue } = this.#redis;
    try {
      return jobRecord(await commands.hmget(queue.toKey(id), ...RECORD_FIELDS));
    } catch (error) {
      // Somebody has put something else there.
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
    // Checked before: then it was not a reconnection that has had everything looked up.
    if (checkedAt > NEVER && call.isOver) this.#untold++;
  }
}
