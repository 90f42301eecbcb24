/**
 * A host of a cluster: takes calls from a queue in Redis and runs them in a pool of its own.
 *
 *     Redis <- BullMQ's Worker (takes jobs, keeps their leases) -> CallRunner -> local pool -> workers
 *     Redis <- a subscription: who wants what cancelled         -> CallRunner, AbortRelay
 *
 * This thread never runs a task, so it always has time to renew the leases of those that run. A host that
 * is stopped for longer than a lease, or cut off, loses its calls: another runs them, and what this one
 * still says of them is refused by BullMQ, because the lock is not its any more.
 *
 *     SERVING -> DRAINING  close(), or the local pool is broken: takes nothing, waits for what runs
 *     SERVING | DRAINING -> STOPPED
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'bullmq';
import { checkControl } from '../cluster/call-format.ts';
import { DEATHS_FIELD } from '../cluster/job.ts';
import {
  loadPeers,
  type RedisClient,
  type RedisServer,
  resolveServer,
} from '../cluster/connection.ts';
import { dropParcel, fetchParcel, packet, putParcel } from '../cluster/parcel.ts';
import { parsed } from '../cluster/record-text.ts';
import { queueTime, reconnect, watchQueueNode } from '../cluster/queue-node.ts';
import { readSettings } from '../cluster/queue-settings.ts';
import { ready, writable } from '../cluster/readiness.ts';
import { checkServer } from '../cluster/server-check.ts';
import { warn } from '../events/warnings.ts';
import { task } from '../functions/task.ts';
import { ProcessPoolExecutor } from '../process/process-pool-executor.ts';
import { reason } from '../util/validate.ts';
import { ThreadPoolExecutor } from '../thread/thread-pool-executor.ts';
import { AbortRelay } from './abort-relay.ts';
import type * as CallEntry from './call-entry.ts';
import { CallRunner, type LocalPool } from './call-runner.ts';
import type { HostEnd } from './host-event.ts';
import { HostName } from './host-name.ts';
import { HostSign } from './host-sign.ts';
import { type HostOptions, type HostSettings, resolveHostOptions } from './host-options.ts';
import { makeWorker } from './host-worker.ts';
import { Mismatches } from './mismatches.ts';
import { Persistence } from './persistence.ts';
import { RoomMaker } from './room-maker.ts';
import { Prefetch } from './prefetch.ts';
import { WriteCoalescer } from './write-coalescer.ts';
import { unusedPatterns } from './unused-patterns.ts';

/** The same from here and from the bundle that this becomes a part of. */
const entry = new URL('../host/call-entry.mjs', import.meta.url);

const DEFAULT_LEASE = 15_000;
const CONNECT_TIMEOUT = 10_000;
const IMPORT_TIMEOUT = 60_000;
/** Milliseconds that a call may wait here for a worker while other hosts may have one free. */
const LONGEST_WAIT = 250;
/** Milliseconds between two clocks that are worth mentioning: delays are counted by them. */
const CLOCK_TOLERANCE = 2_000;
/** Milliseconds for what is told at the very end. */
const LAST_WORDS = 500;
/** Milliseconds after which BullMQ waits for a job again, if that has failed. */
const BEFORE_AGAIN = 500;
/** BullMQ gives a job up that has stalled more often. When that is, is decided per call, in `call-runner.ts`. */
const NEVER = 1_000_000;

const UNSIGNED_CODE =
  'This host runs code that comes with calls (allowCode), and calls are not signed: whoever can write to this Redis can run anything here. Give hosts and submitters a secret.';

const unusedText = (pattern: string, root: string): string =>
  `Nothing matches the pattern ${pattern} of what this host may run: no file below ${root}, no installed package, nothing of Node's. Is it mistyped, or the root another?`;

type LocalExecutor = ThreadPoolExecutor | ProcessPoolExecutor;

interface Parts {
  readonly commands: RedisClient;
  readonly taking: RedisClient;
  readonly blocking: RedisClient;
  readonly control: RedisClient;
  readonly name: HostName;
  readonly sign: HostSign;
  readonly relay: AbortRelay;
  readonly local: LocalExecutor;
  readonly runner: CallRunner;
  readonly persistence: Persistence;
  readonly prefetch: Prefetch;
  readonly worker: Worker;
  readonly lease: number;
}

/** A running host, as {@link serveCluster} returns it. */
export class ClusterHost implements AsyncDisposable {
  /** The name of the host in errors and logs. */
  readonly name: string;
  /** Resolves when the host has stopped, with the reason. It never rejects. */
  readonly stopped: Promise<HostEnd>;
  readonly #settings: HostSettings;
  readonly #parts: Parts;
  readonly #watch: NodeJS.Timeout;
  /** When the connection was lost, while it is. */
  #awaySince: number | undefined = undefined;
  #state: 'serving' | 'draining' | 'stopped' = 'serving';
  #resolve: (end: HostEnd) => void = () => {};

  private constructor(settings: HostSettings, makeParts: (host: ClusterHost) => Parts) {
    this.name = settings.name;
    this.#settings = settings;
    this.stopped = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#parts = makeParts(this);
    this.#watch = setInterval(() => this.#giveBack(), LONGEST_WAIT / 2);
    this.#listen();
  }

  /** @internal Use {@link serveCluster}. */
  static async start(options: HostOptions): Promise<ClusterHost> {
    const settings = resolveHostOptions(options);
    const server = resolveServer(settings.connection);
    const commands = connect(server);
    try {
      await ready(server, commands, CONNECT_TIMEOUT);
      await writable(server, commands, settings.names, CONNECT_TIMEOUT);
      await checkServer(commands, settings.names, server.label);
      return await ClusterHost.#startOn(server, commands, settings);
    } catch (error) {
      commands.disconnect();
      throw error;
    }
  }

  static async #startOn(
    server: RedisServer,
    commands: RedisClient,
    settings: HostSettings,
  ): Promise<ClusterHost> {
    const { names, name, root, workers, kind, onEvent, allow, allowCode } = settings;
    const given = await readSettings(commands, names, settings.signer);
    if (given.problem !== undefined)
      onEvent({ event: 'message-refused', reason: `The settings of the queue: ${given.problem}` });
    if (allowCode && !settings.signer.isOn) warn('CF_CLUSTER_TRUST', UNSIGNED_CODE);
    for (const pattern of await unusedPatterns(allow, root)) {
      onEvent({ event: 'pattern-unused', pattern });
      warn('CF_CLUSTER_ALLOW', unusedText(pattern, root));
    }
    const lease = settings.lease ?? given.lease ?? DEFAULT_LEASE;
    const hostName = await HostName.take(commands, names.host(name), name, lease);
    const relay = await AbortRelay.open();
    const control = connect(server, true);
    const skew = await control
      .subscribe(names.control)
      .then(async () => Date.now() - (await queueTime(commands, names)))
      .catch(async (error: unknown) => {
        // Such as a user who may not subscribe. Nothing of this host is to stay behind.
        control.disconnect();
        await relay.close();
        await hostName.release();
        throw error;
      });
    // A server whose version is not known is waited on in whole seconds, and delays end late.
    const isTold = await commands.info('server').then(
      () => true,
      () => false,
    );
    const host = new ClusterHost(settings, (self) => {
      const peers = loadPeers();
      const local = makeLocalPool(settings);
      const prefetch = new Prefetch(workers);
      const mismatches = new Mismatches(commands, names, name);
      const persistence = new Persistence(new RoomMaker(commands, names), onEvent);
      const taking = connect(server);
      const runner = new CallRunner(peers, settings, {
        local: localPool(local),
        parcels: {
          put: async (id, blob, ttl) => {
            const own = packet(id, blob);
            await persistence.persist(() => putParcel(commands, names, own, ttl));
            return own.parcel;
          },
          fetch: (id, parcel) =>
            persistence.persist(() => fetchParcel(commands, names, id, parcel)),
          drop: (id, parcel) => dropParcel(commands, names, id, parcel),
        },
        relay,
        mismatches,
        prefetch,
        coalescer: new WriteCoalescer(taking),
        context: { root, allow, allowCode, socket: relay.path, importTimeout: IMPORT_TIMEOUT },
        broken: (why) => void self.#stop('broken', why),
        rest: (ms) => self.#rest(ms),
        countDeath: (id) =>
          commands.hincrby(`${names.prefix}:${names.queue}:${id}`, DEATHS_FIELD, 1),
      });
      // BullMQ makes itself a second client of it, and ends that only when all has ended well.
      const blocking = connect(server);
      // By which BullMQ, and what is built on it, lists the workers of a queue.
      const listed = `${names.prefix}:${Buffer.from(names.queue).toString('base64')}:w:${name}`;
      blocking.on('ready', () => void nameClient(blocking, listed));
      Reflect.set(taking, 'duplicate', () => blocking);
      const worker = makeWorker(
        peers,
        names,
        taking,
        persistence,
        (job, token, unreadable) => runner.process(job, token, unreadable),
        {
          concurrency: prefetch.concurrency,
          lockDuration: lease,
          stalledInterval: lease / 2,
          runRetryDelay: BEFORE_AGAIN,
          maxStalledCount: NEVER,
          skipVersionCheck: !isTold,
          name,
        },
      );
      return {
        commands,
        taking,
        blocking,
        control,
        name: hostName,
        sign: new HostSign(commands, settings, lease, () => runner.inFlight),
        relay,
        local,
        runner,
        persistence,
        prefetch,
        worker,
        lease,
      };
    });
    await host.#parts.sign.give();
    onEvent({
      event: 'started',
      host: name,
      queue: names.queue,
      redis: server.label,
      workers,
      kind,
      lease,
      root,
    });
    if (Math.abs(skew) > CLOCK_TOLERANCE) onEvent({ event: 'clock-differs', milliseconds: skew });
    return host;
  }

  /**
   * Stops the host: it takes no more calls, gives back the calls that have not begun, and waits for those that run.
   * Does not block.
   *
   * A second call does not wait: other hosts run the calls again that run here, when their leases are over. If Redis
   * can't be reached, it waits for a lease at most.
   *
   * @returns {@link stopped}.
   */
  close(): Promise<HostEnd> {
    void this.#stop(this.#state === 'serving' ? 'drained' : 'forced');
    return this.stopped;
  }

  /**
   * Calls {@link close} at the end of the block of `await using`, if the host serves, and waits until it has stopped.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === 'serving') await this.close();
    else await this.stopped;
  }

  #listen(): void {
    const { worker, commands, control, runner, prefetch, taking } = this.#parts;
    const { names, onEvent } = this.#settings;
    // What goes wrong with one job is told by the runner, and a connection's state by its own events.
    worker.on('error', () => {});
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) runner.leaseLost(id);
    });
    const follow = (): void => {
      if (this.#state === 'serving' && worker.concurrency !== prefetch.concurrency)
        worker.concurrency = prefetch.concurrency;
    };
    worker.on('completed', follow).on('failed', follow);
    worker.on('completed', (job) => runner.over(job));
    worker.on('failed', (job) => void (job && runner.over(job)));
    control.on('message', (_channel: string, text: string) => {
      this.#handleControlMessage(text);
    });
    // Nothing is ever sent on it, so it would be the last to find out that the network is gone.
    watchQueueNode(commands, names, {
      lost: (to) => {
        if (this.#state !== 'stopped') reconnect(control, to);
      },
      back: () => {},
    });
    watchQueueNode(taking, names, {
      lost: () => {
        if (this.#awaySince !== undefined || this.#state === 'stopped') return;
        this.#awaySince = performance.now();
        onEvent({ event: 'connection-lost' });
      },
      back: () => {
        if (this.#awaySince !== undefined) onEvent({ event: 'connection-back' });
        this.#awaySince = undefined;
      },
    });
  }

  /** Anybody may publish anything on a channel. */
  #handleControlMessage(text: string): void {
    const { runner } = this.#parts;
    const refused = (error: unknown): void =>
      this.#settings.onEvent({ event: 'message-refused', reason: reason(error) });
    try {
      runner.cancel(checkControl(parsed(text))).catch(refused);
    } catch (error) {
      refused(error);
    }
  }

  /** Leaves what is in the queue to others for a while. */
  #rest(ms: number): void {
    const { worker } = this.#parts;
    if (this.#state !== 'serving' || worker.isPaused()) return;
    void worker.pause(true);
    setTimeout(() => {
      if (this.#state === 'serving') void worker.resume();
    }, ms);
  }

  #giveBack(): void {
    const { runner, prefetch, worker } = this.#parts;
    // With no more calls than workers, what waits is waiting for a worker to start.
    if (this.#state === 'serving' && runner.inFlight <= this.#settings.workers) return;
    if (this.#state === 'serving') {
      if (!runner.hasWaited(LONGEST_WAIT)) return;
      // In this order: what is given back must not be taken again at once.
      prefetch.slowDown();
      worker.concurrency = prefetch.concurrency;
    }
    runner.giveBack(LONGEST_WAIT);
  }

  /** @param why - it is broken. */
  async #stop(end: HostEnd, why?: string): Promise<void> {
    const { runner, worker } = this.#parts;
    const isFirst = this.#state === 'serving';
    if (this.#state === 'stopped' || (!isFirst && end !== 'forced')) return;
    this.#state = end === 'forced' ? 'stopped' : 'draining';
    if (isFirst && end !== 'forced') {
      this.#settings.onEvent({ event: 'draining', calls: runner.inFlight });
      const done = worker.close();
      runner.giveBack(0);
      await Promise.race([done.catch(() => {}), this.#whenCutOff()]);
      // What Redis does not take is given up; that a result was not taken can still be told to whoever waits for it.
      this.#parts.persistence.end();
      await Promise.race([done.catch(() => {}), delay(LAST_WORDS, undefined, { ref: false })]);
      // Somebody may have lost patience meanwhile.
      if (this.#isStopped()) return;
      this.#state = 'stopped';
    }
    await this.#finish(end, why);
  }

  /**
   * Resolves when Redis has been away for as long as a lease lasts, or has refused something for so long, and nothing runs:
   * BullMQ would wait for it, but what it has not been told by now is run again by another host in any case.
   */
  async #whenCutOff(): Promise<void> {
    const { runner, persistence, lease } = this.#parts;
    const awayFor = (): number =>
      this.#awaySince === undefined ? 0 : performance.now() - this.#awaySince;
    const isCutOff = (): boolean =>
      runner.inFlight === 0 && Math.max(awayFor(), persistence.refusedFor) > lease;
    while (!this.#isStopped() && !isCutOff()) await delay(LONGEST_WAIT, undefined, { ref: false });
  }

  #isStopped(): boolean {
    return this.#state === 'stopped';
  }

  async #finish(end: HostEnd, why: string | undefined): Promise<void> {
    const { commands, taking, blocking, control, name, sign, relay, persistence, local, worker } =
      this.#parts;
    clearInterval(this.#watch);
    persistence.end();
    if (end === 'forced') {
      // BullMQ would write down as failed what its workers' end has taken along.
      taking.disconnect();
      void worker.close(true).catch(() => {});
      await local.shutdown({ wait: false, cancelFutures: true });
    } else await local.shutdown();
    await sign.end();
    await name.release();
    await relay.close();
    for (const client of [control, taking, blocking, commands]) client.disconnect();
    // BullMQ's own end may still wait for the server, and would renew leases meanwhile.
    const leases = Reflect.get(worker, 'lockManager') as { close(): Promise<void> } | undefined;
    void leases?.close();
    this.#settings.onEvent({
      event: 'stopped',
      reason: end,
      ...(why === undefined ? {} : { error: why }),
    });
    this.#resolve(end);
  }
}

/**
 * Starts a host: it takes calls from a queue, as `ClusterExecutor`s submit them, and runs them in workers of its own.
 *
 * `npx concurrent-futures host` does the same from the command line. The host keeps the process alive until it is
 * closed.
 *
 * @returns a promise that resolves when the host is ready.
 * @throws `TypeError` or `RangeError` if an option is wrong; `MissingPeerError` if `bullmq` or `ioredis` is not
 *   installed; `BrokenCluster` if Redis can't be used within 10 seconds; `ExecutorError` (`ERR_HOST_NAME`) if another
 *   host of the queue has the name. All of them reject the promise.
 * @example
 * ```ts check
 * import { serveCluster } from 'concurrent-futures/cluster';
 *
 * const host = await serveCluster({ queue: 'images', allow: ['src/jobs/*.js'] });
 * process.once('SIGTERM', () => void host.close());
 * console.log(await host.stopped); // drained
 * ```
 */
export function serveCluster(options: HostOptions = {}): Promise<ClusterHost> {
  return ClusterHost.start(options);
}

function makeLocalPool(settings: HostSettings): LocalExecutor {
  const { kind, workers, name, initializer, maxTasksPerChild, resourceLimits } = settings;
  const options = {
    maxWorkers: workers,
    threadNamePrefix: name,
    maxTasksPerChild,
    // Known by its name only: the module is loaded in the workers.
    initializer: initializer && task(initializer.url, () => {}, initializer.name),
  };
  return kind === 'threads'
    ? new ThreadPoolExecutor({ ...options, resourceLimits })
    : new ProcessPoolExecutor(options);
}

/** Arguments that were in a key of their own are moved to the worker. */
function localPool(local: LocalExecutor): LocalPool {
  const tasks = local.module<typeof CallEntry>(entry);
  return {
    runCall: (run, data, host) =>
      (data.blob === undefined
        ? tasks
        : local.with({ transfer: [data.blob.buffer] }).module<typeof CallEntry>(entry)
      ).runCall(run, data, host),
  };
}

function connect(server: RedisServer, patient = false): RedisClient {
  return server.connect(patient).on('error', () => {});
}

/** Some services know no names. Of a Redis Cluster it would be that of any node. */
async function nameClient(client: RedisClient, name: string): Promise<void> {
  if (!('nodes' in client)) await client.client('SETNAME', name).catch(() => {});
}
