/**
 * What connects a submitter with its queue in Redis: one connection for commands, one on which events
 * come. Opened by the first call.
 *
 * Neither holds the process: calls under way do (`cluster-calls.ts`). BullMQ's watchdog over reads that
 * block is a timer that would, so it is not used (`blockingTimeout: 0`); the reconciler, which runs while calls are under
 * way and no longer, notices that events stay out, and has this connection made anew.
 */
import type { Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import {
  cannotReach,
  isHopeless,
  loadPeers,
  type RedisClient,
  type RedisServer,
} from './connection.ts';
import type { ClusterSettings } from './cluster-options.ts';
import type { QueueNames } from './queue-names.ts';
import { writeSettings } from './queue-settings.ts';
import { checkServer } from './server-check.ts';
import { BrokenCluster } from '../errors.ts';

/** Events are kept for those that read them late. What falls out is found by the reconciler. */
const EVENTS_KEPT = 50_000;

export type BulkJob = Parameters<Queue['addBulk']>[0][number];

/** What is heard of jobs of the queue, whoever has submitted them. */
export interface QueueListener {
  began(id: string): void;
  /** It waits again: for another attempt, or because its host is gone or has no room. */
  returned(id: string): void;
  completed(id: string, value: unknown): void;
  failed(id: string, reason: string): void;
  /** @param before - what it was. */
  removed(id: string, before: string | undefined): void;
  progressed(id: string, progress: unknown): void;
  /** It was submitted again under an id that is known already. */
  duplicated(id: string): void;
  /** A connection was lost and is back: events may have been missed. */
  reconnected(): void;
}

interface Opened {
  readonly commands: RedisClient;
  readonly reader: RedisClient;
  readonly queue: Queue;
  readonly events: QueueEvents;
}

export class ClusterLink {
  readonly #server: RedisServer;
  readonly #names: QueueNames;
  readonly #listener: QueueListener;
  #opened: Opened | undefined = undefined;

  constructor(server: RedisServer, names: QueueNames, listener: QueueListener) {
    this.#server = server;
    this.#names = names;
    this.#listener = listener;
  }

  get label(): string {
    return this.#server.label;
  }

  /** @throws BrokenCluster if Redis can't be used, or not within `connectTimeout`. */
  async open({ connectTimeout: timeout, lease, signer }: ClusterSettings): Promise<void> {
    const { queue: name, prefix } = this.#names;
    const commands = this.#connect();
    try {
      await ready(this.#server, commands, timeout);
      await checkServer(commands, this.#server.label);
      if (lease !== undefined) await writeSettings(commands, this.#names, signer, lease);
      const last = await commands.xrevrange(`${prefix}:${name}:events`, '+', '-', 'COUNT', 1);
      const reader = this.#connect(true);
      // BullMQ reads events on a duplicate of the client that it is given. This one was made for that, and
      // a duplicate of it would be one more connection, which holds the process.
      Reflect.set(reader, 'duplicate', () => reader);
      const { bullmq } = loadPeers();
      const common = { prefix, skipVersionCheck: true };
      const queue = new bullmq.Queue(name, {
        ...common,
        connection: commands,
        streams: { events: { maxLen: EVENTS_KEPT } },
      });
      const events = new bullmq.QueueEvents(name, {
        ...common,
        connection: reader,
        blockingTimeout: 0,
        lastEventId: last[0]?.[0] ?? '0-0',
      });
      // What goes wrong with a connection is told by the connection; a command that fails rejects.
      queue.on('error', () => {});
      events.on('error', () => {});
      this.#listen(events);
      for (const client of [commands, reader])
        client.on('ready', () => this.#listener.reconnected());
      // Where one has broken, the other may be dead and not know: nothing is ever sent on it.
      commands.on('close', () => this.refreshEvents());
      this.#opened = { commands, reader, queue, events };
    } catch (error) {
      commands.disconnect();
      throw error instanceof BrokenCluster ? error : cannotReach(this.#server, error);
    }
  }

  /** @throws Error before {@link open} has resolved. */
  get queue(): Queue {
    return this.#use().queue;
  }

  get commands(): RedisClient {
    return this.#use().commands;
  }

  /** Events stay out although there are some: the connection is dead, and nobody has said so. */
  refreshEvents(): void {
    this.#opened?.reader.disconnect(true);
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened === undefined) return;
    const { queue, events, commands, reader } = opened;
    reader.disconnect();
    await Promise.allSettled([events.close(), queue.close()]);
    commands.disconnect();
  }

  #use(): Opened {
    if (this.#opened === undefined) throw new Error('The connection to Redis is not open.');
    return this.#opened;
  }

  #connect(patient?: boolean): RedisClient {
    const client = this.#server.connect(patient);
    // Without a listener it would be thrown; it is told by `ready`, or the client tries again.
    client.on('error', () => {});
    letGo(client);
    return client;
  }

  #listen(events: QueueEvents): void {
    const listener = this.#listener;
    events.on('active', ({ jobId }) => listener.began(jobId));
    events.on('waiting', ({ jobId, prev }) => {
      if (prev === 'active') listener.returned(jobId);
    });
    events.on('delayed', ({ jobId }) => listener.returned(jobId));
    events.on('completed', ({ jobId, returnvalue }) => listener.completed(jobId, returnvalue));
    events.on('failed', ({ jobId, failedReason }) => listener.failed(jobId, failedReason));
    events.on('removed', ({ jobId, prev }) => listener.removed(jobId, prev));
    events.on('progress', ({ jobId, data }) => listener.progressed(jobId, data));
    events.on('duplicated', ({ jobId }) => listener.duplicated(jobId));
  }
}

/** An open connection with nothing under way is no reason for a process to stay. */
function letGo(client: RedisClient): void {
  if ('nodes' in client) client.on('+node', (node: Redis) => letGo(node));
  else client.on('connect', () => client.stream.unref());
}

/** @throws BrokenCluster */
export function ready(server: RedisServer, client: RedisClient, timeout: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let last: unknown = new Error(`it has not answered for ${timeout} ms`);
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      client.off('error', onError).off('ready', onReady);
      settle();
    };
    const onError = (error: unknown): void => {
      last = error;
      if (isHopeless(error)) end(() => reject(cannotReach(server, error)));
    };
    const onReady = (): void => end(resolve);
    const timer = setTimeout(() => end(() => reject(cannotReach(server, last))), timeout);
    client.on('error', onError).on('ready', onReady);
    if (client.status === 'ready') onReady();
  });
}
