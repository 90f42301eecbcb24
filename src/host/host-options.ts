/** Options of a host, checked once. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ResourceLimits } from 'node:worker_threads';
import { allowList } from '../cluster/allow-list.ts';
import { checkLease, resolveRoot } from '../cluster/cluster-options.ts';
import type { ClusterConnection } from '../cluster/connection.ts';
import { type QueueNames, queueNames } from '../cluster/queue-names.ts';
import { resolveSecrets, type Secret } from '../cluster/secret.ts';
import { Signer } from '../cluster/signature.ts';
import {
  checkCount,
  checkFunction,
  checkOneOf,
  invalidType,
  invalidValue,
  readOptions,
} from '../util/validate.ts';
import type { HostEvent } from './host-event.ts';

/** The options of a host, as `serveCluster()` takes them. */
export interface HostOptions {
  /**
   * The Redis or Valkey server.
   *
   * @default 'redis://127.0.0.1:6379'
   */
  readonly connection?: ClusterConnection | undefined;
  /**
   * The name of the queue from which the host takes calls.
   *
   * @default 'default'
   */
  readonly queue?: string | undefined;
  /**
   * The largest number of workers, which is the number of calls that run at a time.
   *
   * @default os.availableParallelism()
   */
  readonly workers?: number | undefined;
  /**
   * The kind of workers.
   *
   * @default 'threads'
   */
  readonly kind?: 'threads' | 'processes' | undefined;
  /**
   * The name of the host in errors and logs: 1 to 200 characters without blanks and braces. No two hosts of a queue may
   * have one name. By default it is the name of the machine and the process id.
   */
  readonly name?: string | undefined;
  /**
   * The folder from which the paths of modules start.
   *
   * @default process.cwd()
   */
  readonly root?: string | undefined;
  /**
   * Patterns of the modules that calls may name, such as `'src/jobs/*.js'`, `'package:@acme/jobs/**'` or `'node:zlib'`;
   * `**` stands for any number of folders. By default they are all files below the root and all installed packages.
   */
  readonly allow?: readonly string[] | undefined;
  /**
   * True: calls may contain code, as closures do. Then every program that may submit calls can run anything on the
   * host, regardless of `allow`.
   *
   * @default false
   */
  readonly allowCode?: boolean | undefined;
  /**
   * The time in milliseconds, from 1000 to a day, after which the host loses its calls if it gives no sign of life. By
   * default it is the `lease` that submitters have stored with the queue, or 15 000.
   */
  readonly lease?: number | undefined;
  /** The number of calls after which a worker ends and is replaced. By default workers do not end before their host. */
  readonly maxTasksPerChild?: number | undefined;
  /**
   * A function that each worker calls before its first call, as `module#export`: `'src/setup.js#connect'`. The module
   * is a path from the root, or the name of a package. If it fails, the host ends as `'broken'`. By default there is
   * none.
   */
  readonly initializer?: string | undefined;
  /**
   * The limits of each worker's heap and stack in MiB, as `node:worker_threads` has them; for threads only. By default
   * the limits of Node.js hold.
   */
  readonly resourceLimits?: ResourceLimits | undefined;
  /**
   * The secret with which hosts and submitters of the queue sign calls and outcomes, of at least 16 bytes. Only calls
   * that are signed with it are run. Of a list, the first secret signs, and all are accepted. By default it is the
   * environment variable `CF_SECRET`; without that nothing is signed.
   */
  readonly secret?: Secret | readonly Secret[] | undefined;
  /** A function that is called once per event. By default events are dropped. */
  readonly onEvent?: ((event: HostEvent) => void) | undefined;
}

export interface HostSettings {
  readonly connection: ClusterConnection | undefined;
  readonly names: QueueNames;
  readonly workers: number;
  readonly kind: 'threads' | 'processes';
  readonly name: string;
  readonly root: string;
  readonly allow: readonly string[];
  readonly allowCode: boolean;
  readonly lease: number | undefined;
  readonly maxTasksPerChild: number | undefined;
  readonly initializer: Initializer | undefined;
  readonly resourceLimits: ResourceLimits | undefined;
  readonly signer: Signer;
  readonly onEvent: (event: HostEvent) => void;
}

/** A function by the name of its module. */
export interface Initializer {
  readonly url: URL;
  readonly name: string;
}

const known = [
  'connection',
  'queue',
  'workers',
  'kind',
  'name',
  'root',
  'allow',
  'allowCode',
  'lease',
  'maxTasksPerChild',
  'initializer',
  'resourceLimits',
  'secret',
  'onEvent',
];

/** @throws TypeError, RangeError naming the option that is wrong. */
export function resolveHostOptions(given: HostOptions): HostSettings {
  const options = readOptions('options', given, known);
  const {
    workers = availableParallelism(),
    kind = 'threads',
    allow = [],
    allowCode = false,
  } = options;
  const { name = `${hostname()}-${process.pid}`, lease, onEvent = () => {} } = options;
  const { maxTasksPerChild, resourceLimits } = options;
  checkCount('workers', workers);
  checkOneOf('kind', kind, ['threads', 'processes']);
  if (typeof name !== 'string') throw invalidType('name', 'a string', name);
  if (!/^[^\s{}]{1,200}$/.test(name))
    throw invalidValue('name', 'a name of 1 to 200 characters without blanks and braces', name);
  if (!Array.isArray(allow)) throw invalidType('allow', 'an array of globs', allow);
  allowList(allow as readonly string[]);
  if (typeof allowCode !== 'boolean') throw invalidType('allowCode', 'a boolean', allowCode);
  if (lease !== undefined) checkLease(lease);
  checkCount('maxTasksPerChild', maxTasksPerChild);
  if (resourceLimits !== undefined) checkLimits(resourceLimits, kind);
  checkFunction('onEvent', onEvent);
  const names = queueNames(options.queue);
  const root = resolveRoot(options.root);
  return {
    connection: options.connection,
    names,
    workers,
    kind,
    name,
    root,
    allow: allow as readonly string[],
    allowCode,
    lease,
    maxTasksPerChild,
    initializer: resolveInitializer(options.initializer, root),
    resourceLimits,
    signer: new Signer(resolveSecrets(options.secret), names.queue),
    onEvent,
  };
}

function resolveInitializer(given: unknown, root: string): Initializer | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== 'string') throw invalidType('initializer', 'a string', given);
  const [, module, name] = /^([^#]+)#([^#]+)$/.exec(given) ?? [];
  if (module === undefined || name === undefined)
    throw invalidValue('initializer', 'module#export, such as src/setup.js#connect', given);
  const path = resolve(root, module);
  try {
    const found = existsSync(path) ? path : createRequire(join(resolve(root), '_')).resolve(module);
    return { url: pathToFileURL(found), name };
  } catch {
    throw invalidValue(
      'initializer',
      `a module that there is below ${root}, or an installed package`,
      given,
    );
  }
}

function checkLimits(limits: unknown, kind: string): void {
  if (typeof limits !== 'object' || limits === null)
    throw invalidType('resourceLimits', 'an object', limits);
  if (kind === 'processes')
    throw invalidValue('resourceLimits', "left out where workers are 'processes'", limits);
}
