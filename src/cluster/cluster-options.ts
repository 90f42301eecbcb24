/** Options of a {@link ClusterExecutor} and of its calls, checked once. */
import {
  type CallOptions,
  callTable,
  noOptions,
  overlayOptions,
} from '../executor/call-options.ts';
import { ExecutorError } from '../errors.ts';
import { bare } from '../util/bare.ts';
import { checkBoolean, checkPath, checkString, choice, unchecked } from '../util/option-checks.ts';
import {
  type OptionCheck,
  type OptionTable,
  readOptions,
  type Resolved,
  resolveOptions,
} from '../util/option-table.ts';
import { checkCount, checkTimeout, invalidType, invalidValue } from '../util/validate.ts';
import {
  DEFAULT_INLINE_LIMIT,
  DEFAULT_MAX_PAYLOAD,
  DEFAULT_MISMATCH_PATIENCE,
  LARGEST_INLINE,
  LARGEST_PAYLOAD,
} from './call-format.ts';
import type { ClusterConnection } from './connection.ts';
import { type QueueNames, queueNames } from './queue-names.ts';
import { resolveSecrets, type Secret } from './secret.ts';
import { Signer } from './signature.ts';

/** The pause before a failed call is tried again. */
export interface Backoff {
  /** `'fixed'`: the pause is `delay` each time. `'exponential'`: it is `delay` first, then twice as long each time. */
  readonly type: 'fixed' | 'exponential';
  /** The length of the first pause in milliseconds. */
  readonly delay: number;
}

/** The options of a `ClusterExecutor`. */
export interface ClusterOptions {
  /**
   * The Redis or Valkey server.
   *
   * @default 'redis://127.0.0.1:6379'
   */
  readonly connection?: ClusterConnection | undefined;
  /**
   * The name of the queue. Each host serves one queue.
   *
   * @default 'default'
   */
  readonly queue?: string | undefined;
  /**
   * The time in milliseconds for which Redis keeps an outcome, from 1000, for `attach()`. It should be the same for all
   * submitters of a queue, because a call that ends removes the outcomes that are older than its own time.
   *
   * @default 3_600_000
   */
  readonly resultTtl?: number | undefined;
  /**
   * The number of times that a call is tried in all, if its task throws.
   *
   * @default 1
   */
  readonly attempts?: number | undefined;
  /** The pause between attempts; a number stands for `{ type: 'fixed', delay }`. By default there is no pause. */
  readonly backoff?: number | Backoff | undefined;
  /**
   * The effect of the death of a host, or of its worker, on the calls that it had. `'retry'`: they are run again, three
   * times in all, so a call may run more than once. `'fail'`: they fail with `BrokenCluster` (`ERR_WORKER_DIED`) and
   * are not run again.
   *
   * @default 'retry'
   */
  readonly onWorkerDeath?: 'retry' | 'fail' | undefined;
  /**
   * The time in milliseconds, from 1000, after which a host that gives no sign of life loses its calls. It is stored
   * with the queue, and holds for hosts that start later and have no `lease` of their own. By default nothing is
   * stored, and hosts use 15 000.
   */
  readonly lease?: number | undefined;
  /**
   * The folder from which the paths of modules start in this program. Hosts have a folder of their own.
   *
   * @default process.cwd()
   */
  readonly root?: string | undefined;
  /**
   * The functions that may be submitted. `'auto'`: any; a function that hosts can't import is sent as code.
   * `'reference'`: only functions that hosts can import; another one fails its call (`ERR_NOT_REACHABLE`).
   *
   * @default 'auto'
   */
  readonly functions?: 'auto' | 'reference' | undefined;
  /**
   * The largest number of bytes of the arguments of a call, and of its outcome, up to 256 MiB. A call with more fails
   * (`ERR_TOO_LARGE`).
   *
   * @default 8_388_608
   */
  readonly maxPayload?: number | undefined;
  /**
   * The largest number of bytes, up to 1 MiB, of arguments or of an outcome in the record of the call, which is sent to
   * every process that listens to the queue. Larger ones have a key of their own in Redis.
   *
   * @default 65_536
   */
  readonly inlineLimit?: number | undefined;
  /**
   * The time in milliseconds for which a call is tried on other hosts if a host has other code than this program. After
   * it, the call fails with `CodeMismatchError`. With 0, or without other hosts, it fails at once.
   *
   * @default 30_000
   */
  readonly mismatchPatience?: number | undefined;
  /**
   * The time in milliseconds for the first connection. If it fails, the executor is broken (`ERR_CONNECTION`). A lost
   * connection is made again without a limit.
   *
   * @default 10_000
   */
  readonly connectTimeout?: number | undefined;
  /**
   * The secret with which hosts and submitters of the queue sign calls and outcomes, of at least 16 bytes. Records that
   * are not signed with it are refused (`ERR_SIGNATURE`). Of a list, the first secret signs, and all are accepted. By
   * default it is the environment variable `CF_SECRET`; without that nothing is signed.
   */
  readonly secret?: Secret | readonly Secret[] | undefined;
}

/** The options of calls on a cluster, as `ClusterExecutor.with()` takes them. */
export interface ClusterCallOptions extends CallOptions {
  /**
   * The urgency of the call, from 1, the most urgent, to 2 097 151. By default a call has none, and comes before all
   * calls that have one.
   */
  readonly priority?: number | undefined;
  /**
   * The time in milliseconds before which the call does not begin.
   *
   * @default 0
   */
  readonly delay?: number | undefined;
  /** The number of times that the call is tried in all, if its task throws. By default it is the executor's. */
  readonly attempts?: number | undefined;
  /**
   * The id of the call, for `submit()`: 1 to 500 characters without blanks and colons, and not a number. By default
   * each call has a new id.
   *
   * A call whose id Redis has already is not run again, even with other arguments: the future gets the outcome of the
   * first call. `map()` ignores it.
   */
  readonly jobId?: string | undefined;
}

const SHORTEST_TTL = 1_000;
/** With a shorter one, a pause of the garbage collector, or of the network, would count as a death. */
const SHORTEST_LEASE = 1_000;
/** A day: with a longer one, the death of a host would not be noticed. */
const LONGEST_LEASE = 86_400_000;
const MOST_PRIORITY = 2_097_151;

const backoffTable = {
  type: { check: choice('fixed', 'exponential') },
  delay: { check: durationFrom(0) },
} satisfies OptionTable<Backoff>;

const clusterTable = {
  /** {@link resolveServer} checks it. */
  connection: { check: unchecked, default: undefined },
  queue: { resolve: queueNames },
  resultTtl: { check: durationFrom(SHORTEST_TTL), default: 3_600_000 },
  attempts: { check: checkCount, default: 1 },
  backoff: { resolve: resolveBackoff },
  onWorkerDeath: { check: choice('retry', 'fail'), default: 'retry' },
  lease: { check: checkLease, default: undefined },
  root: { resolve: resolveRoot },
  functions: { check: choice('auto', 'reference'), default: 'auto' },
  maxPayload: { check: bytesTo(LARGEST_PAYLOAD), default: DEFAULT_MAX_PAYLOAD },
  inlineLimit: { check: bytesTo(LARGEST_INLINE), default: DEFAULT_INLINE_LIMIT },
  mismatchPatience: { check: durationFrom(0), default: DEFAULT_MISMATCH_PATIENCE },
  connectTimeout: { check: durationFrom(1), default: 10_000 },
  secret: { resolve: resolveSecrets },
} as const satisfies OptionTable<ClusterOptions>;

type ResolvedClusterOptions = Resolved<ClusterOptions, typeof clusterTable>;

/** {@link ClusterOptions} with everything filled in. */
export interface ClusterSettings extends Omit<ResolvedClusterOptions, 'queue' | 'secret'> {
  readonly names: QueueNames;
  readonly signer: Signer;
}

/** @throws TypeError, RangeError naming the option that is wrong. */
export function resolveClusterOptions(given: ClusterOptions): ClusterSettings {
  const { queue: names, secret, ...others } = resolveOptions(given, clusterTable);
  return { ...others, names, signer: new Signer(secret, names.queue) };
}

/** @throws TypeError, RangeError */
export function checkLease(name: string, value: unknown): void {
  checkDuration(name, value, SHORTEST_LEASE);
  if (Number(value) > LONGEST_LEASE)
    throw invalidValue(name, `at most ${LONGEST_LEASE} milliseconds, a day`, value);
}

/** @throws TypeError */
export function resolveRoot(root: unknown = process.cwd()): string {
  checkPath('root', root);
  return root;
}

function bytesTo(most: number): OptionCheck {
  return (name, value) => {
    checkCount(name, value);
    if (Number(value) > most) throw invalidValue(name, `at most ${most} bytes`, value);
  };
}

function durationFrom(least: number): OptionCheck {
  return (name, value) => checkDuration(name, value, least);
}

function checkDuration(name: string, value: unknown, least: number): void {
  if (value === undefined) throw invalidType(name, 'a number of milliseconds', value);
  checkTimeout(name, value);
  if ((value as number) < least || value === Infinity)
    throw invalidValue(name, `a number of milliseconds from ${least} on`, value);
}

function resolveBackoff(backoff: number | Backoff | undefined): Backoff | undefined {
  if (backoff === undefined) return undefined;
  if (typeof backoff === 'number') {
    checkDuration('backoff', backoff, 0);
    return { type: 'fixed', delay: backoff };
  }
  return readOptions('backoff', backoff, backoffTable);
}

const callTableOfClusters = {
  ...callTable,
  transfer: { check: refuseTransfer, default: undefined },
  captureOutput: { check: refuseCapture, default: undefined },
  priority: { check: checkPriority, default: undefined },
  delay: { check: durationFrom(0), default: undefined },
  attempts: { check: checkCount, default: undefined },
  jobId: { check: checkJobId, default: undefined },
} satisfies OptionTable<ClusterCallOptions>;

/** `base` overlaid with what `options` gives. @throws TypeError, RangeError naming the option. */
export function resolveClusterCallOptions(
  base: ClusterCallOptions,
  options: ClusterCallOptions,
): ClusterCallOptions {
  return overlayOptions(base, options, callTableOfClusters);
}

/** The part of a view's options that holds for each item of a `map`. */
export function itemOptions({ priority, delay, attempts }: ClusterCallOptions): CallOptions {
  const own = Object.entries({ priority, delay, attempts }).filter(
    ([, each]) => each !== undefined,
  );
  return own.length === 0 ? noOptions : Object.freeze(bare(Object.fromEntries(own)));
}

function refuseTransfer(name: string): never {
  throw unknownToClusters(name, 'what goes to another machine is copied.');
}

function refuseCapture(name: string, value: unknown): void {
  checkBoolean(name, value);
  if (value === true)
    throw unknownToClusters(name, 'what tasks write is printed by the host that runs them.');
}

function unknownToClusters(name: string, why: string): ExecutorError {
  return new ExecutorError(`A cluster knows no { ${name} }: ${why}`, {
    code: 'ERR_NOT_IMPLEMENTED',
  });
}

function checkPriority(name: string, value: unknown): void {
  checkCount(name, value);
  if (Number(value) > MOST_PRIORITY) throw invalidValue(name, `from 1 to ${MOST_PRIORITY}`, value);
}

/** Parts of keys by which BullMQ keeps something of a queue: a job of that name would be in its place. */
const KEYS_OF_A_QUEUE = new Set(
  (
    'active completed de delayed events failed id limiter marker meta metrics paused pc prioritized repeat ' +
    'stalled stalled-check wait waiting-children'
  ).split(' '),
);

function checkJobId(name: string, jobId: unknown): void {
  checkString(name, jobId);
  // BullMQ takes whole numbers for ids of its own, and colons for parts of a key.
  if (KEYS_OF_A_QUEUE.has(jobId))
    throw invalidValue(name, 'a text that BullMQ has no use for itself', jobId);
  if (!/^[^\s:]{1,500}$/.test(jobId) || /^\d+$/.test(jobId))
    throw invalidValue(
      name,
      'a text of 1 to 500 characters without blanks and colons that is no number',
      jobId,
    );
}
