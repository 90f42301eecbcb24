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

export interface HostOptions {
  /** Where Redis or Valkey is. Default: `redis://127.0.0.1:6379`. */
  readonly connection?: ClusterConnection | undefined;
  /** The queue that calls are taken from. Default: `'default'`. */
  readonly queue?: string | undefined;
  /** How many workers run calls. Default: `os.availableParallelism()`. */
  readonly workers?: number | undefined;
  /** What workers are: `'threads'` (default) or `'processes'`. */
  readonly kind?: 'threads' | 'processes' | undefined;
  /** What this host is called in errors and logs; no two may have one name. Default: host name and process id. */
  readonly name?: string | undefined;
  /** The folder that the paths of modules start from. Default: the current one. */
  readonly root?: string | undefined;
  /** Globs of the modules that calls may name: `src/jobs/**`, `package:@acme/**`, `node:crypto`. Default: all. */
  readonly allow?: readonly string[] | undefined;
  /** Whether calls may bring code along: closures, with what they have captured. Default: false. */
  readonly allowCode?: boolean | undefined;
  /**
   * Milliseconds after which this host loses its calls if it gives no sign of life. Default: what submitters
   * have set for the queue, or 15 000.
   */
  readonly lease?: number | undefined;
  /** After so many calls a worker is replaced by a new one. Default: never. */
  readonly maxTasksPerChild?: number | undefined;
  /**
   * What each worker runs before its first call: `module#export`, a path from the root, or a package's name, as in
   * `src/setup.js#connect`. If it fails, the host ends as `'broken'`. Default: nothing.
   */
  readonly initializer?: string | undefined;
  /** Limits of each worker's memory, as `worker_threads` has them; for threads only. Default: none. */
  readonly resourceLimits?: ResourceLimits | undefined;
  /** As of a `ClusterExecutor`: only calls that are signed with it are run. */
  readonly secret?: Secret | readonly Secret[] | undefined;
  /** Is told what happens, one call each. */
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
