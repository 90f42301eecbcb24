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
  checkBoolean,
  checkObject,
  checkString,
  choice,
  unchecked,
} from '../util/option-checks.ts';
import { type OptionTable, type Resolved, resolveOptions } from '../util/option-table.ts';
import { checkCount, checkFunction, invalidType, invalidValue } from '../util/validate.ts';
import { type HostEvent, shortened } from './host-event.ts';

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

/** A function by the name of its module. */
export interface Initializer {
  readonly url: URL;
  readonly name: string;
}

const ignore = (): void => {};

const table = {
  /** {@link resolveServer} checks it. */
  connection: { check: unchecked, default: undefined },
  queue: { resolve: queueNames },
  workers: {
    check: checkCount,
    get default(): number {
      return availableParallelism();
    },
  },
  kind: { check: choice('threads', 'processes'), default: 'threads' },
  name: { resolve: resolveName },
  root: { resolve: resolveRoot },
  allow: { check: checkAllow, default: [] },
  allowCode: { check: checkBoolean, default: false },
  lease: { check: checkLease, default: undefined },
  maxTasksPerChild: { check: checkCount, default: undefined },
  /** {@link findInitializer} looks for it below the root. */
  initializer: { check: checkString, default: undefined },
  resourceLimits: { check: checkObject, default: undefined },
  secret: { resolve: resolveSecrets },
  onEvent: { check: checkFunction, default: ignore },
} as const satisfies OptionTable<HostOptions>;

type ResolvedHostOptions = Resolved<HostOptions, typeof table>;

/** {@link HostOptions} with everything filled in. */
export interface HostSettings extends Omit<
  ResolvedHostOptions,
  'queue' | 'secret' | 'initializer'
> {
  readonly names: QueueNames;
  readonly signer: Signer;
  readonly initializer: Initializer | undefined;
}

/** @throws TypeError, RangeError naming the option that is wrong. */
export function resolveHostOptions(given: HostOptions): HostSettings {
  const { queue: names, secret, initializer, onEvent, ...others } = resolveOptions(given, table);
  const { kind, resourceLimits, root } = others;
  if (resourceLimits !== undefined && kind === 'processes')
    throw invalidValue('resourceLimits', "left out where workers are 'processes'", resourceLimits);
  return {
    ...others,
    names,
    // Here, so that no event has a text of any length, whichever part of the host emits it.
    onEvent: (event) => onEvent(shortened(event)),
    initializer: initializer === undefined ? undefined : findInitializer(initializer, root),
    signer: new Signer(secret, names.queue),
  };
}

function resolveName(name: unknown = `${hostname()}-${process.pid}`): string {
  checkString('name', name);
  if (!/^[^\s{}]{1,200}$/.test(name))
    throw invalidValue('name', 'a name of 1 to 200 characters without blanks and braces', name);
  return name;
}

function checkAllow(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw invalidType(name, 'an array of globs', value);
  allowList(value as readonly string[]);
}

function findInitializer(given: string, root: string): Initializer {
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
