/**
 * The records of a queue's hosts: each host rewrites its own as long as it lives, and there is a list of their
 * names.
 *
 *     {cf:<queue>}:hosts                the names of all recent hosts
 *     {cf:<queue>}:host:<name>:record   JSON, signed if there is a secret; expires when the host gives no sign of life
 */
import { cannotReach, isOtherKind, type RedisClient, type RedisServer } from './connection.ts';
import type { QueueNames } from './queue-names.ts';
import { ready } from './readiness.ts';
import { parsed } from './record-text.ts';
import { count, oneOf, record, text } from './schema.ts';
import type { Signed, Signer } from './signature.ts';
import { BrokenCluster } from '../errors.ts';
import { warn } from '../events/warnings.ts';

/** A host that serves a queue, as its last record in Redis describes it. */
export interface HostInfo {
  /** The name of the host, which no other host of the queue has. */
  readonly name: string;
  /** The name of its machine. */
  readonly hostname: string;
  /** Its process id. */
  readonly pid: number;
  /** The kind of its workers. */
  readonly kind: 'threads' | 'processes';
  /** The largest number of its workers. */
  readonly workers: number;
  /** The number of calls that it has taken from the queue and not finished. */
  readonly calls: number;
  /** The versions of its software. */
  readonly versions: {
    /** The version of Node.js, without a `v`. */
    readonly node: string;
    /** The version of this package, or `'unknown'` in a bundle. */
    readonly concurrentFutures: string;
  };
  /** The time at which it started, by its own clock. */
  readonly since: Date;
}

export type HostRecord = Omit<HostInfo, 'since'> & {
  /** Milliseconds since 1970. */
  readonly since: number;
};

/** A limit against a flood of invalid names. */
const MOST_HOSTS = 10_000;

const checkRecord = record(
  {
    name: text,
    hostname: text,
    pid: count(0, Number.MAX_SAFE_INTEGER),
    kind: oneOf('threads', 'processes'),
    workers: count(1, Number.MAX_SAFE_INTEGER),
    calls: count(0, Number.MAX_SAFE_INTEGER),
    versions: record({ node: text, concurrentFutures: text }),
    since: count(0, 8.64e15),
  },
  { sig: text },
);

/** @param ttl - milliseconds for which the host counts as alive from now on. */
export async function writeHost(
  client: RedisClient,
  names: QueueNames,
  signer: Signer,
  host: HostRecord,
  ttl: number,
): Promise<void> {
  const json = JSON.stringify(signer.signed('host', [], host));
  await client.set(names.hostRecord(host.name), json, 'PX', ttl);
  await client.sadd(names.hosts, host.name);
}

export async function removeHost(
  client: RedisClient,
  names: QueueNames,
  name: string,
): Promise<void> {
  await client.srem(names.hosts, name);
  await client.del(names.hostRecord(name));
}

/**
 * The hosts of a queue, by name, read on a connection of its own. Records from other writers are skipped.
 *
 * @param timeout - milliseconds.
 * @throws BrokenCluster if Redis can't be used.
 */
export async function listHosts(
  server: RedisServer,
  names: QueueNames,
  signer: Signer,
  timeout: number,
): Promise<HostInfo[]> {
  const client = server.connect().on('error', () => {});
  try {
    await ready(server, client, timeout);
    const members = await client.smembers(names.hosts).catch((error: unknown) => {
      if (isOtherKind(error)) return [];
      throw error;
    });
    const listed = members.slice(0, MOST_HOSTS);
    const texts = listed.length === 0 ? [] : await client.mget(listed.map(names.hostRecord));
    const gone = listed.filter((_, i) => texts[i] === null);
    // A host writes its record before it adds its name. A name without a record belongs to a host that has been gone
    // for a while.
    if (gone.length > 0) await client.srem(names.hosts, ...gone).catch(() => 0);
    const found = texts.flatMap((each, i) => readHost(each, listed[i], signer) ?? []);
    const unknown = listed.length - gone.length - found.length;
    if (unknown > 0) warn('CF_CLUSTER_HOSTS', notListed(unknown, signer.isOn));
    return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw error instanceof BrokenCluster ? error : cannotReach(server, error);
  } finally {
    client.disconnect();
  }
}

function notListed(hosts: number, isSigned: boolean): string {
  const why = isSigned ? 'signed with this secret' : 'as hosts of this release write them';
  return `${hosts} more of the records of hosts in Redis are not ${why}: those hosts are not listed.`;
}

function readHost(
  given: string | null | undefined,
  name: string | undefined,
  signer: Signer,
): HostInfo | undefined {
  try {
    const told = parsed(given ?? '');
    if (checkRecord(told, 'host') !== undefined) return undefined;
    const listed = told as HostRecord & Signed;
    if (listed.name !== name) return undefined;
    const { since, ...host } = signer.checked('host', [], listed);
    return Object.freeze({ ...host, since: new Date(since) });
  } catch {
    return undefined;
  }
}
