/**
 * The parts of a host, made in this order. Each is put on a stack of disposals when it is made: the stack unwinds a start
 * that fails, and the host when it stops.
 *
 *     openBase:  commands -> the host's name -> AbortRelay -> control
 *     makeParts: taking, blocking (connections of BullMQ's Worker) -> HostSign -> local pool -> CallRunner -> Worker
 */
import type { Worker } from 'bullmq';
import {
  loadPeers,
  type RedisClient,
  type RedisServer,
  resolveServer,
} from '../cluster/connection.ts';
import { DEATHS_FIELD } from '../cluster/job.ts';
import { dropParcel, fetchParcel, packet, putParcel } from '../cluster/parcel.ts';
import { queueTime } from '../cluster/queue-node.ts';
import { readSettings } from '../cluster/queue-settings.ts';
import { ready, writable } from '../cluster/readiness.ts';
import { checkServer } from '../cluster/server-check.ts';
import { warn } from '../events/warnings.ts';
import { task } from '../functions/task.ts';
import { ProcessPoolExecutor } from '../process/process-pool-executor.ts';
import { ThreadPoolExecutor } from '../thread/thread-pool-executor.ts';
import type { DisposalStack } from '../util/disposal-stack.ts';
import { AbortRelay } from './abort-relay.ts';
import type * as CallEntry from './call-entry.ts';
import { CallRunner, type LocalPool } from './call-runner.ts';
import { HostName } from './host-name.ts';
import type { HostSettings } from './host-options.ts';
import { HostSign } from './host-sign.ts';
import { makeWorker } from './host-worker.ts';
import { Mismatches } from './mismatches.ts';
import { Persistence } from './persistence.ts';
import { Prefetch } from './prefetch.ts';
import { RoomMaker } from './room-maker.ts';
import { unusedPatterns } from './unused-patterns.ts';
import { WriteCoalescer } from './write-coalescer.ts';

/** The same from here and from the bundle that this becomes a part of. */
const entry = new URL('../host/call-entry.mjs', import.meta.url);

const DEFAULT_LEASE = 15_000;
const CONNECT_TIMEOUT = 10_000;
const IMPORT_TIMEOUT = 60_000;
/** Milliseconds after which BullMQ waits for a job again, if that has failed. */
const BEFORE_AGAIN = 500;
/** BullMQ gives a job up that has stalled more often. When that is, is decided per call, in `call-runner.ts`. */
const NEVER = 1_000_000;

const UNSIGNED_CODE =
  'This host runs code that comes with calls (allowCode), and calls are not signed: whoever can write to this Redis can run anything here. Give hosts and submitters a secret.';

const unusedText = (pattern: string, root: string): string =>
  `Nothing matches the pattern ${pattern} of what this host may run: no file below ${root}, no installed package, nothing of Node's. Is it mistyped, or the root another?`;

type LocalExecutor = ThreadPoolExecutor | ProcessPoolExecutor;

/** The part of a host that has to wait for Redis. */
interface HostBase {
  readonly server: RedisServer;
  readonly commands: RedisClient;
  readonly control: RedisClient;
  readonly relay: AbortRelay;
  /** Milliseconds for which a call belongs to this host without a sign of life. */
  readonly lease: number;
  /** Milliseconds by which the clock of this machine is ahead of that of Redis. */
  readonly skew: number;
  /** Whether the server tells its version. */
  readonly isTold: boolean;
}

export interface HostParts extends HostBase {
  readonly taking: RedisClient;
  readonly sign: HostSign;
  readonly runner: CallRunner;
  readonly persistence: Persistence;
  readonly prefetch: Prefetch;
  readonly worker: Worker;
}

/** What parts want of their host. */
export interface HostHooks {
  /** The local pool is broken. */
  readonly broken: (why: string) => void;
  /** Leaves what is in the queue to others for so many milliseconds. */
  readonly rest: (ms: number) => void;
  /** Whether the end of the host waits for nothing. */
  readonly isForced: () => boolean;
}

export async function openBase(settings: HostSettings, parts: DisposalStack): Promise<HostBase> {
  const { names, name, root, onEvent, allow, allowCode, signer } = settings;
  const server = resolveServer(settings.connection);
  const commands = parts.use(connect(server), disconnect);
  await ready(server, commands, CONNECT_TIMEOUT);
  await writable(server, commands, names, CONNECT_TIMEOUT);
  await checkServer(commands, names, server.label);
  const given = await readSettings(commands, names, signer);
  if (given.problem !== undefined)
    onEvent({ event: 'message-refused', reason: `The settings of the queue: ${given.problem}` });
  if (allowCode && !signer.isOn) warn('CF_CLUSTER_TRUST', UNSIGNED_CODE);
  for (const pattern of await unusedPatterns(allow, root)) {
    onEvent({ event: 'pattern-unused', pattern });
    warn('CF_CLUSTER_ALLOW', unusedText(pattern, root));
  }
  const lease = settings.lease ?? given.lease ?? DEFAULT_LEASE;
  parts.use(await HostName.take(commands, names.host(name), name, lease), (each) => each.release());
  const relay = parts.use(await AbortRelay.open(), (each) => each.close());
  const control = parts.use(connect(server, true), disconnect);
  // It may fail: there are users who may not subscribe.
  await control.subscribe(names.control);
  const skew = Date.now() - (await queueTime(commands, names));
  // A server whose version is not known is waited on in whole seconds, and delays end late.
  const isTold = await commands.info('server').then(
    () => true,
    () => false,
  );
  return { server, commands, control, relay, lease, skew, isTold };
}

export function makeParts(
  settings: HostSettings,
  base: HostBase,
  parts: DisposalStack,
  hooks: HostHooks,
): HostParts {
  const { names, name, root, workers, onEvent, allow, allowCode } = settings;
  const { server, commands, relay, lease, isTold } = base;
  const peers = loadPeers();
  const taking = parts.use(connect(server), disconnect);
  // BullMQ makes itself a second client of it, and ends that only when all has ended well.
  const blocking = parts.use(connect(server), disconnect);
  // By which BullMQ, and what is built on it, lists the workers of a queue.
  const listed = `${names.prefix}:${Buffer.from(names.queue).toString('base64')}:w:${name}`;
  blocking.on('ready', () => void nameClient(blocking, listed));
  Reflect.set(taking, 'duplicate', () => blocking);
  const sign = parts.use(new HostSign(commands, settings, lease, () => runner.inFlight), (each) =>
    each.end(),
  );
  const local = parts.use(makeLocalPool(settings), (each) =>
    each.shutdown(hooks.isForced() ? { wait: false, cancelFutures: true } : {}),
  );
  const prefetch = new Prefetch(workers);
  const mismatches = new Mismatches(commands, names, name);
  const persistence = new Persistence(new RoomMaker(commands, names), onEvent);
  const runner = new CallRunner(peers, settings, {
    local: localPool(local),
    parcels: {
      put: async (id, blob, ttl) => {
        const own = packet(id, blob);
        await persistence.persist(() => putParcel(commands, names, own, ttl));
        return own.parcel;
      },
      fetch: (id, parcel) => persistence.persist(() => fetchParcel(commands, names, id, parcel)),
      drop: (id, parcel) => dropParcel(commands, names, id, parcel),
    },
    relay,
    mismatches,
    prefetch,
    coalescer: new WriteCoalescer(taking),
    context: { root, allow, allowCode, socket: relay.path, importTimeout: IMPORT_TIMEOUT },
    broken: hooks.broken,
    rest: hooks.rest,
    countDeath: (id) => commands.hincrby(`${names.prefix}:${names.queue}:${id}`, DEATHS_FIELD, 1),
  });
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
  return { ...base, taking, sign, runner, persistence, prefetch, worker };
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

function disconnect(client: RedisClient): void {
  client.disconnect();
}

/** Some services know no names. Of a Redis Cluster it would be that of any node. */
async function nameClient(client: RedisClient, name: string): Promise<void> {
  if (!('nodes' in client)) await client.client('SETNAME', name).catch(() => {});
}
