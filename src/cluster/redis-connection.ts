/**
 * Connects a submitter with its queue in Redis: one connection for commands, one for events. The first call opens
 * them.
 *
 * Neither keeps the process alive: calls in progress do (`cluster-calls.ts`). BullMQ's watchdog over blocking reads
 * is a timer that would, so it is not used (`blockingTimeout: 0`). The reconciler, which runs only while calls are
 * in progress, notices missing events and lets this connection be replaced.
 */
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { cannotReach, loadPeers, type RedisClient, type RedisServer } from './connection.ts';
import type { ClusterSettings } from './cluster-options.ts';
import { EventReader, type QueueListener } from './event-reader.ts';
import { ListeningMachine } from './listening-state.ts';
import type { QueueNames } from './queue-names.ts';
import { watchQueueNode } from './queue-node.ts';
import { writeSettings } from './queue-settings.ts';
import { ready, writable } from './readiness.ts';
import { checkServer } from './server-check.ts';
import { BrokenCluster } from '../errors.ts';

/** Events are kept for slow readers. The reconciler finds the calls of events that were trimmed. */
const EVENTS_KEPT = 50_000;

export type BulkJob = Parameters<Queue['addBulk']>[0][number];

/** Milliseconds without a call after which events are no longer read. */
const BEFORE_REST = 1_000;

interface Opened {
  readonly commands: RedisClient;
  readonly queue: Queue;
}

export class RedisConnection {
  readonly #server: RedisServer;
  readonly #names: QueueNames;
  readonly #listener: QueueListener;
  readonly #state = new ListeningMachine();
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

  /** @throws BrokenCluster if Redis can't be used within `connectTimeout`. */
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
      // The connection reports its own errors; a failed command rejects.
      queue.on('error', () => {});
      watchQueueNode(commands, this.#names, {
        // If one connection has broken, the other may be dead without an error: nothing is ever sent on it.
        lost: () => this.refreshEvents(),
        back: () => this.#listener.reconnected(),
      });
      for (const event of ['close', '-node']) commands.on(event, () => this.#breaks++);
      this.#opened = { commands, queue };
      if (this.#state.open()) this.#readEvents(commands);
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
   * Like `addBulk` of BullMQ, which only reports the first refused job and leaves the state of the others unknown.
   *
   * @returns for each job the error; undefined if it is stored.
   */
  async add(jobs: readonly BulkJob[]): Promise<readonly unknown[]> {
    const { queue } = this.#use();
    const { Job } = loadPeers().bullmq;
    const client = await queue.backend.client;
    const made = jobs.map(({ name, data, opts }) => new Job(queue, name, data, opts, opts?.jobId));
    const [first] = made;
    // For a single command a pipeline is slower.
    if (first !== undefined && made.length === 1) {
      await first.addJob(client);
      return [undefined];
    }
    const pipeline = client.pipeline();
    await Promise.all(made.map((job) => job.addJob(pipeline)));
    const answers = (await pipeline.exec()) ?? [];
    return jobs.map((_, i) => answers[i]?.[0] ?? undefined);
  }

  /** How often the connection for commands has broken. Commands without an answer were then sent again. */
  get breaks(): number {
    return this.#breaks;
  }

  /** Called when there is a call, or will be in a moment: all events from Redis's current state on are read. */
  listen(): void {
    if (!this.#state.listen()) return;
    clearTimeout(this.#rest);
    if (this.#events === undefined) this.#readEvents(this.commands);
  }

  #readEvents(commands: RedisClient): void {
    const key = `${this.#names.prefix}:${this.#names.queue}:events`;
    const client = this.#connect(true);
    client.on('ready', () => this.#listener.reconnected());
    // Read before any call is sent, on the same connection as calls: so no event of them can be before it.
    const last = commands.xrevrange(key, '+', '-', 'COUNT', 1).then(([entry]) => entry?.[0]);
    this.#events = new EventReader(client, key, last, this.#listener);
  }

  /** Called when there are no more calls: events of other programs' calls are not read if it stays so. */
  rest(): void {
    if (!this.#state.rest()) return;
    this.#rest = setTimeout(() => {
      if (this.#state.quiet()) this.#stopReading();
    }, BEFORE_REST).unref();
  }

  #stopReading(): void {
    this.#events?.stop();
    this.#events = undefined;
  }

  /** Called if events do not arrive although there are some: the connection is dead, and no error has shown it. */
  refreshEvents(): void {
    this.#events?.refresh();
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    if (opened === undefined || !this.#state.close()) return;
    this.#opened = undefined;
    clearTimeout(this.#rest);
    this.#stopReading();
    await opened.queue.close().catch(() => {});
    opened.commands.disconnect();
  }

  #use(): Opened {
    if (this.#opened === undefined) throw new Error('The connection to Redis is not open.');
    return this.#opened;
  }

  #connect(patient?: boolean): RedisClient {
    const client = this.#server.connect(patient);
    // Without a listener the error would be thrown. `ready` reports it, or the client tries again.
    client.on('error', () => {});
    letGo(client);
    return client;
  }
}

/** An open connection without commands in progress does not keep the process alive. */
function letGo(client: RedisClient): void {
  if ('nodes' in client) client.on('+node', (node: Redis) => letGo(node));
  else client.on('connect', () => client.stream.unref());
}
