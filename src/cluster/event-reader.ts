/**
 * Reads the events of a queue's jobs, which BullMQ writes into a stream: each reader gets the events of all jobs.
 *
 *     start(from) -> XREAD BLOCK, again and again -> QueueListener
 *     stop()      -> the connection is closed: an executor without calls receives nothing
 *
 * Anybody who can write to Redis can write an event. Invalid events are skipped. Reported outcomes are passed on
 * unchecked: the reader of an outcome refuses an invalid one, for that call only.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { RedisClient } from './connection.ts';
import { DEATHS_FIELD } from './job.ts';
import { reconnect } from './queue-node.ts';

/** The events of the queue's jobs, no matter which program has submitted them. */
export interface QueueListener {
  began(id: string): void;
  /** The job waits again: for another attempt, or because its host is gone or full. */
  returned(id: string): void;
  /** @param text - the return value, as JSON. */
  completed(id: string, text: string): void;
  failed(id: string, reason: string): void;
  /**
   * @param before - the state of the job before.
   * @param died - true if a host or worker had died with it; undefined if that is unknown.
   */
  removed(id: string, before: string, died: boolean | undefined): void;
  /** @param text - the progress, as JSON. */
  progressed(id: string, text: string): void;
  /** It was submitted again, under an id that exists already. */
  duplicated(id: string): void;
  /** A connection was lost and is restored: events may have been missed. */
  reconnected(): void;
}

/** The id before all others. */
const FIRST = '0-0';
/** Milliseconds before a failed read is repeated. */
const BEFORE_AGAIN = 200;

export class EventReader {
  readonly #client: RedisClient;
  readonly #key: string;
  readonly #listener: QueueListener;
  #last = FIRST;
  #isOver = false;

  /** @param last - the id of the last event that is skipped; undefined if there is none. */
  constructor(
    client: RedisClient,
    key: string,
    last: Promise<string | undefined>,
    listener: QueueListener,
  ) {
    this.#client = client;
    this.#key = key;
    this.#listener = listener;
    void this.#start(last);
  }

  /** Reconnects. */
  refresh(): void {
    reconnect(this.#client);
  }

  stop(): void {
    this.#isOver = true;
    this.#client.disconnect();
  }

  async #start(last: Promise<string | undefined>): Promise<void> {
    // Without an answer, the connection is about to be closed for good.
    this.#last = (await last.catch(() => undefined)) ?? FIRST;
    await this.#read();
  }

  async #read(): Promise<void> {
    while (!this.#isOver) {
      try {
        const streams = await this.#client.xread('BLOCK', 0, 'STREAMS', this.#key, this.#last);
        for (const [id, fields] of streams?.[0]?.[1] ?? []) {
          this.#last = id;
          this.#tell(fieldsOf(fields));
        }
      } catch {
        // The client restores a lost connection and repeats the read itself. An error here is a reply, such as
        // LOADING.
        await delay(BEFORE_AGAIN, undefined, { ref: false });
      }
    }
  }

  #tell(event: ReadonlyMap<string, string>): void {
    const id = event.get('jobId');
    if (id === undefined) return;
    const listener = this.#listener;
    switch (event.get('event')) {
      case 'active':
        listener.began(id);
        break;
      case 'waiting':
        if (event.get('prev') === 'active') listener.returned(id);
        break;
      case 'delayed':
        listener.returned(id);
        break;
      case 'completed':
        listener.completed(id, event.get('returnvalue') ?? '');
        break;
      case 'failed':
        listener.failed(id, event.get('failedReason') ?? '');
        break;
      case 'removed':
        listener.removed(id, event.get('prev') ?? '', diedOf(event.get(DEATHS_FIELD)));
        break;
      case 'progress':
        listener.progressed(id, event.get('data') ?? '');
        break;
      case 'duplicated':
        listener.duplicated(id);
        break;
      default:
    }
  }
}

/** BullMQ does not include this field when it removes a job itself. */
function diedOf(deaths: string | undefined): boolean | undefined {
  return deaths === undefined ? undefined : Number(deaths) > 0;
}

/** Redis answers with names and values in turn. */
function fieldsOf(list: readonly string[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < list.length; i += 2) fields.set(list[i] as string, list[i + 1] as string);
  return fields;
}
