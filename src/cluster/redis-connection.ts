/**
 * What connects a submitter with its queue in Redis: one connection for commands, one on which events
 * come. Opened by the first call.
 *
 * Neither holds the process: calls under way do (`cluster-calls.ts`). BullMQ's watchdog over reads that
 * block is a timer that would, so it is not used (`blockingTimeout: 0`); the reconciler, which runs while calls are under
 * way and no longer, notices that events stay out, and has this connection made anew.
 */
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { cannotReach, loadPeers, type RedisClient, type RedisServer } from './connection.ts';
import type { ClusterSettings } from './cluster-options.ts';
import { EventReader, type QueueListener } from './event-reader.ts';
import type { QueueNames } from './queue-names.ts';
import { watchQueueNode } from './queue-node.ts';
import { writeSettings } from './queue-settings.ts';
import { ready, writable } from './readiness.ts';
import { checkServer } from './server-check.ts';
import { BrokenCluster } from '../errors.ts';

/** Events are kept for those that read them late. What falls out is found by the reconciler. */
const EVENTS_KEPT = 50_000;

export type BulkJob = Parameters<Queue['addBulk']>[0][number];

/** Milliseconds without a call after which no more events are read. */
const BEFORE_REST = 1_000;

interface Opened {
  readonly commands: RedisClient;
  readonly queue: Queue;
}

export class RedisConnection {
  readonly #server: RedisServer;
  readonly #names: QueueNames;
  readonly #listener: QueueListener;
  #opened: Opened | undefined = undefined;
  #events: EventReader | undefined = undefined;
  #rest: NodeJS.Timeout | undefined = undefined;
  #breaks = 0;

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
      await writable(this.#server, commands, this.#names, timeout);
      await checkServer(commands, this.#names, this.#server.label);
      if (lease !== undefined) await writeSettings(commands, this.#names, signer, lease);
      const { bullmq } = loadPeers();
      const queue = new bullmq.Queue(name, {
        prefix,
        skipVersionCheck: true,
        connection: commands,
        streams: { events: { maxLen: EVENTS_KEPT } },
      });
      // What goes wrong with a connection is told by the connection; a command that fails rejects.
      queue.on('error', () => {});
      watchQueueNode(commands, this.#names, {
        // Where one has broken, the other may be dead and not know: nothing is ever sent on it.
        lost: () => this.refreshEvents(),
        back: () => this.#listener.reconnected(),
      });
      for (const event of ['close', '-node']) commands.on(event, () => this.#breaks++);
      this.#opened = { commands, queue };
      this.listen();
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

  /**
   * As `addBulk` of BullMQ, which tells of the first job that was refused and leaves open what became of the others.
   *
   * @returns for each what was said against it; undefined: it is stored.
   */
  async add(jobs: readonly BulkJob[]): Promise<readonly unknown[]> {
    const { queue } = this.#use();
    const { Job } = loadPeers().bullmq;
    const client = await queue.backend.client;
    const made = jobs.map(({ name, data, opts }) => new Job(queue, name, data, opts, opts?.jobId));
    const [first] = made;
    // A pipeline takes longer than its one command.
    if (first !== undefined && made.length === 1) {
      await first.addJob(client);
      return [undefined];
    }
    const pipeline = client.pipeline();
    await Promise.all(made.map((job) => job.addJob(pipeline)));
    const answers = (await pipeline.exec()) ?? [];
    return jobs.map((_, i) => answers[i]?.[0] ?? undefined);
  }

  /** How often the connection for commands has broken: what had no answer then was sent again. */
  get breaks(): number {
    return this.#breaks;
  }

  /** There is a call, or will be in a moment: from what Redis hears next on, events are told. */
  listen(): void {
    clearTimeout(this.#rest);
    this.#rest = undefined;
    if (this.#opened === undefined || this.#events !== undefined) return;
    const { commands } = this.#opened;
    const key = `${this.#names.prefix}:${this.#names.queue}:events`;
    const client = this.#connect(true);
    client.on('ready', () => this.#listener.reconnected());
    // Asked before any call is sent, on the connection that calls are sent on: so nothing of them can come before it.
    const last = commands.xrevrange(key, '+', '-', 'COUNT', 1).then(([entry]) => entry?.[0]);
    this.#events = new EventReader(client, key, last, this.#listener);
  }

  /** There is no call any more: what becomes of those of others need not come here, if it stays so. */
  rest(): void {
    this.#rest ??= setTimeout(() => this.#stopListening(), BEFORE_REST).unref();
  }

  #stopListening(): void {
    clearTimeout(this.#rest);
    this.#rest = undefined;
    this.#events?.stop();
    this.#events = undefined;
  }

  /** Events stay out although there are some: the connection is dead, and nobody has said so. */
  refreshEvents(): void {
    this.#events?.refresh();
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened === undefined) return;
    this.#stopListening();
    await opened.queue.close().catch(() => {});
    opened.commands.disconnect();
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
}

/** An open connection with nothing under way is no reason for a process to stay. */
function letGo(client: RedisClient): void {
  if ('nodes' in client) client.on('+node', (node: Redis) => letGo(node));
  else client.on('connect', () => client.stream.unref());
}
