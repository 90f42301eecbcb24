/**
 * What is heard of the jobs of a queue, as BullMQ writes it into a stream: whoever reads it hears of everybody's.
 *
 *     start(from) -> XREAD BLOCK, again and again -> QueueListener
 *     stop()      -> the connection is cut: an executor without calls is sent nothing
 *
 * Anybody who can write to Redis can write an event. What is no event is passed over, and what is said to have come of a
 * job is handed on as it is: whoever reads outcomes refuses what is none, for that call alone.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { RedisClient } from './connection.ts';
import { DEATHS_FIELD } from './job.ts';
import { reconnect } from './queue-node.ts';

/** What is heard of jobs of the queue, whoever has submitted them. */
export interface QueueListener {
  began(id: string): void;
  /** It waits again: for another attempt, or because its host is gone or has no room. */
  returned(id: string): void;
  /** @param text - what was returned, as JSON. */
  completed(id: string, text: string): void;
  failed(id: string, reason: string): void;
  /**
   * @param before - what it was.
   * @param died - whether a host or worker had died with it; undefined if that is not told.
   */
  removed(id: string, before: string, died: boolean | undefined): void;
  /** @param text - as JSON. */
  progressed(id: string, text: string): void;
  /** It was submitted again under an id that is known already. */
  duplicated(id: string): void;
  /** A connection was lost and is back: events may have been missed. */
  reconnected(): void;
}

/** The id before all. */
const FIRST = '0-0';
/** Milliseconds after which a read is tried again that has failed by itself. */
const BEFORE_AGAIN = 200;

export class EventReader {
  readonly #client: RedisClient;
  readonly #key: string;
  readonly #listener: QueueListener;
  #last = FIRST;
  #isOver = false;

  /** @param last - the id of the last event that is not to be told; undefined: there is none. */
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

  /** Makes the connection anew. */
  refresh(): void {
    reconnect(this.#client);
  }

  stop(): void {
    this.#isOver = true;
    this.#client.disconnect();
  }

  async #start(last: Promise<string | undefined>): Promise<void> {
    // Without an answer the connection is about to be gone for good.
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
        // A connection that is lost comes back, and the client reads again by itself; this is an answer, such as LOADING.
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

/** BullMQ does not tell it of what it removes itself. */
function diedOf(deaths: string | undefined): boolean | undefined {
  return deaths === undefined ? undefined : Number(deaths) > 0;
}

/** Names and values in turn, as Redis answers. */
function fieldsOf(list: readonly string[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < list.length; i += 2) fields.set(list[i] as string, list[i + 1] as string);
  return fields;
}
