/** Options of a {@link ClusterExecutor} and of its calls, checked once. */
import {
  callOptionNames,
  type CallOptions,
  noOptions,
  resolveCallOptions,
} from '../executor/call-options.ts';
import { ExecutorError } from '../errors.ts';
import type { FunctionPolicy } from '../functions/prepare.ts';
import { bare } from '../util/bare.ts';
import {
  checkCount,
  checkOneOf,
  checkTimeout,
  invalidType,
  invalidValue,
  readOptions,
} from '../util/validate.ts';
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

/** How long to wait before a call that has failed is tried again; from the second time on twice as long each. */
export interface Backoff {
  readonly type: 'fixed' | 'exponential';
  /** Milliseconds. */
  readonly delay: number;
}

export interface ClusterOptions {
  /** Where Redis or Valkey is. Default: `redis://127.0.0.1:6379`. */
  readonly connection?: ClusterConnection | undefined;
  /** Hosts serve one queue each, by this name. Default: `'default'`. */
  readonly queue?: string | undefined;
  /** Milliseconds for which an outcome is kept in Redis, for {@link ClusterExecutor.attach}. Default: 3 600 000, an hour. */
  readonly resultTtl?: number | undefined;
  /** How often a call is tried in all, if its task throws. Default: 1. */
  readonly attempts?: number | undefined;
  /** What is waited between attempts; a number stands for `{ type: 'fixed', delay }`. Default: nothing. */
  readonly backoff?: number | Backoff | undefined;
  /**
   * A host, or one of its workers, dies with the call: `'retry'` (default) runs it again, three times in all;
   * `'fail'` fails it with `BrokenCluster`, and it is not run again.
   */
  readonly onWorkerDeath?: 'retry' | 'fail' | undefined;
  /**
   * Milliseconds after which a host that gives no sign of life loses its calls. Kept with the queue, and taken
   * by hosts that start later and have none of their own. Default: 15 000.
   */
  readonly lease?: number | undefined;
  /** The folder that the paths of modules start from, here; hosts have one, too. Default: the current one. */
  readonly root?: string | undefined;
  /** `'reference'`: refuses functions that hosts can't import, instead of sending their code. Default: `'auto'`. */
  readonly functions?: FunctionPolicy | undefined;
  /** The most bytes that the arguments of a call, or its outcome, may have. Default: 8 388 608. */
  readonly maxPayload?: number | undefined;
  /**
   * Bytes from which on arguments, or an outcome, are kept in a key of their own and not with the call's record, which goes
   * to everybody who listens. Default: 65 536.
   */
  readonly inlineLimit?: number | undefined;
  /**
   * Milliseconds for which a call is tried on other hosts, if there are any, before it fails with `CodeMismatchError` because
   * a host has other code than this program. 0: fails at once. Default: 30 000.
   */
  readonly mismatchPatience?: number | undefined;
  /** Milliseconds that the first connection may take. Later ones are tried for ever. Default: 10 000. */
  readonly connectTimeout?: number | undefined;
  /**
   * What hosts and submitters of the queue have in common, and nobody else: calls and outcomes are signed with it, and
   * nothing is believed that is not. At least 16 bytes. Several: the first signs, all are believed. Default: the
   * environment variable `CF_SECRET`, if there is one.
   */
  readonly secret?: Secret | readonly Secret[] | undefined;
}

/** What {@link ClusterExecutor.with} takes beyond the options of every executor. */
export interface ClusterCallOptions extends CallOptions {
  /** From 1, the most urgent, to 2 097 151. Calls without come before all that have one. */
  readonly priority?: number | undefined;
  /** Milliseconds before which the call does not begin. */
  readonly delay?: number | undefined;
  /** As the executor's. */
  readonly attempts?: number | undefined;
  /**
   * The call's id, for `submit`. Submitted again under the same id, while it is known to Redis, a call is not run
   * again: the future gets the outcome of the first.
   */
  readonly jobId?: string | undefined;
}

export interface ClusterSettings {
  readonly connection: ClusterConnection | undefined;
  readonly names: QueueNames;
  readonly resultTtl: number;
  readonly attempts: number;
  readonly backoff: Backoff | undefined;
  readonly onWorkerDeath: 'retry' | 'fail';
  readonly lease: number | undefined;
  readonly root: string;
  readonly functions: FunctionPolicy;
  readonly maxPayload: number;
  readonly inlineLimit: number;
  readonly mismatchPatience: number;
  readonly connectTimeout: number;
  readonly signer: Signer;
}

const known = [
  'connection',
  'queue',
  'resultTtl',
  'attempts',
  'backoff',
  'onWorkerDeath',
  'lease',
  'root',
  'functions',
  'maxPayload',
  'inlineLimit',
  'mismatchPatience',
  'connectTimeout',
  'secret',
];

const SHORTEST_TTL = 1_000;
/** Shorter than this, and a pause of the garbage collector, or of the network, is a death. */
const SHORTEST_LEASE = 1_000;
/** A day: longer, and nobody would find out that a host is gone. */
const LONGEST_LEASE = 86_400_000;
const MOST_PRIORITY = 2_097_151;

/** @throws TypeError, RangeError naming the option that is wrong. */
export function resolveClusterOptions(given: ClusterOptions): ClusterSettings {
  const options = readOptions('options', given, known);
  const { attempts = 1, backoff, onWorkerDeath = 'retry', lease, functions = 'auto' } = options;
  const {
    resultTtl = 3_600_000,
    maxPayload = DEFAULT_MAX_PAYLOAD,
    inlineLimit = DEFAULT_INLINE_LIMIT,
    mismatchPatience = DEFAULT_MISMATCH_PATIENCE,
    connectTimeout = 10_000,
  } = options;
  checkDuration('resultTtl', resultTtl, SHORTEST_TTL);
  checkCount('attempts', attempts);
  checkOneOf('onWorkerDeath', onWorkerDeath, ['retry', 'fail']);
  if (lease !== undefined) checkLease(lease);
  checkOneOf('functions', functions, ['auto', 'reference']);
  checkBytes('maxPayload', maxPayload, LARGEST_PAYLOAD);
  checkBytes('inlineLimit', inlineLimit, LARGEST_INLINE);
  checkDuration('mismatchPatience', mismatchPatience, 0);
  checkDuration('connectTimeout', connectTimeout, 1);
  const names = queueNames(options.queue);
  return {
    connection: options.connection,
    names,
    resultTtl,
    attempts,
    backoff: resolveBackoff(backoff),
    onWorkerDeath,
    lease,
    root: resolveRoot(options.root),
    functions,
    maxPayload,
    inlineLimit,
    mismatchPatience,
    connectTimeout,
    signer: new Signer(resolveSecrets(options.secret), names.queue),
  };
}

/** @throws TypeError, RangeError */
export function checkLease(lease: number): void {
  checkDuration('lease', lease, SHORTEST_LEASE);
  if (lease > LONGEST_LEASE)
    throw invalidValue('lease', `at most ${LONGEST_LEASE} milliseconds, a day`, lease);
}

/** @throws TypeError, RangeError */
function checkBytes(name: string, value: number, most: number): void {
  checkCount(name, value);
  if (value > most) throw invalidValue(name, `at most ${most} bytes`, value);
}

/** @throws TypeError */
export function resolveRoot(root: unknown = process.cwd()): string {
  if (typeof root !== 'string' || root === '') throw invalidType('root', 'a path', root);
  return root;
}

function checkDuration(name: string, value: unknown, least: number): void {
  if (value === undefined) throw invalidType(name, 'a number of milliseconds', value);
  checkTimeout(name, value);
  if ((value as number) < least || value === Infinity)
    throw invalidValue(name, `a number of milliseconds from ${least} on`, value);
}

function resolveBackoff(backoff: unknown): Backoff | undefined {
  if (backoff === undefined) return undefined;
  if (typeof backoff === 'number') {
    checkDuration('backoff', backoff, 0);
    return { type: 'fixed', delay: backoff };
  }
  const { type, delay } = readOptions('backoff', backoff as Backoff, ['type', 'delay']);
  checkOneOf('backoff.type', type, ['fixed', 'exponential']);
  checkDuration('backoff.delay', delay, 0);
  return { type, delay };
}

/** `base` overlaid with what `options` gives. @throws TypeError, RangeError naming the option. */
export function resolveClusterCallOptions(
  base: ClusterCallOptions,
  options: ClusterCallOptions,
): ClusterCallOptions {
  if (options === undefined || options === null) return resolveCallOptions(base, options);
  const { priority, delay, attempts, jobId, ...others } = readOptions('options', options, [
    ...callOptionNames,
    'priority',
    'delay',
    'attempts',
    'jobId',
  ]);
  if (others.captureOutput === true || others.transfer !== undefined) {
    throw new ExecutorError(
      `A cluster knows no { ${others.captureOutput === true ? 'captureOutput' : 'transfer'} }: ${
        others.captureOutput === true
          ? 'what tasks write is printed by the host that runs them.'
          : 'what goes to another machine is copied.'
      }`,
      { code: 'ERR_NOT_IMPLEMENTED' },
    );
  }
  checkCount('priority', priority);
  if (priority !== undefined && priority > MOST_PRIORITY)
    throw invalidValue('priority', `from 1 to ${MOST_PRIORITY}`, priority);
  if (delay !== undefined) checkDuration('delay', delay, 0);
  checkCount('attempts', attempts);
  checkJobId(jobId);
  const own = { priority, delay, attempts, jobId };
  return Object.freeze(
    bare({
      ...resolveCallOptions(base, others),
      ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)),
    }),
  );
}

/** The part of a view's options that holds for each item of a `map`. */
export function itemOptions({ priority, delay, attempts }: ClusterCallOptions): CallOptions {
  const own = Object.entries({ priority, delay, attempts }).filter(
    ([, each]) => each !== undefined,
  );
  return own.length === 0 ? noOptions : Object.freeze(bare(Object.fromEntries(own)));
}

/** @throws TypeError, RangeError */
/** Parts of keys by which BullMQ keeps something of a queue: a job of that name would be in its place. */
const KEYS_OF_A_QUEUE = new Set(
  (
    'active completed de delayed events failed id limiter marker meta metrics paused pc prioritized repeat ' +
    'stalled stalled-check wait waiting-children'
  ).split(' '),
);

function checkJobId(jobId: unknown): void {
  if (jobId === undefined) return;
  if (typeof jobId !== 'string') throw invalidType('jobId', 'a string', jobId);
  // BullMQ takes whole numbers for ids of its own, and colons for parts of a key.
  if (KEYS_OF_A_QUEUE.has(jobId))
    throw invalidValue('jobId', 'a text that BullMQ has no use for itself', jobId);
  if (!/^[^\s:]{1,500}$/.test(jobId) || /^\d+$/.test(jobId))
    throw invalidValue(
      'jobId',
      'a text of 1 to 500 characters without blanks and colons that is no number',
      jobId,
    );
}
