/**
 * Connections to Redis: what a program may give, what is made of it, and what may be said of it. A
 * connection string has a password in it, so errors and logs name the server by host and port only.
 */
import { createRequire } from 'node:module';
import type * as BullMQ from 'bullmq';
import type * as IORedis from 'ioredis';
import type { Cluster, Redis, RedisOptions } from 'ioredis';
import { BrokenCluster, ExecutorError, MissingPeerError } from '../errors.ts';
import { invalidSecret, invalidType, reason } from '../util/validate.ts';
import { clusterOptions, redisOptions } from './client-options.ts';

/**
 * A Redis or Valkey server: a URL (`redis://user:password@host:6379/0`, `rediss://` for TLS), options of ioredis, or a
 * `Redis` or `Cluster` client of ioredis. A client is copied: it stays the program's, and need not be connected.
 */
export type ClusterConnection = string | URL | RedisOptions | Redis | Cluster;

export type RedisClient = Redis | Cluster;

export interface Peers {
  readonly bullmq: typeof BullMQ;
  readonly ioredis: typeof IORedis;
}

let peers: Peers | undefined;

/** Not by `import`, so that programs without a cluster need not have them, and a constructor can say so. */
export function loadPeers(): Peers {
  if (peers !== undefined) return peers;
  const require = createRequire(import.meta.url);
  try {
    peers = {
      bullmq: require('bullmq') as typeof BullMQ,
      ioredis: require('ioredis') as typeof IORedis,
    };
    return peers;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw cause;
    throw new MissingPeerError(
      'A cluster needs BullMQ and its client for Redis, which are not installed: npm install bullmq ioredis',
      { cause },
    );
  }
}

/** A server, and how clients of it are made. */
export interface RedisServer {
  /** Host and port, and nothing that is secret. */
  readonly label: string;
  readonly secure: boolean;
  /**
   * A new client, which connects at once and comes back for ever.
   *
   * @param patient - whether it waits for what may not come for hours.
   */
  connect(patient?: boolean): RedisClient;
}

/** @throws TypeError, RangeError if it is no connection; `MissingPeerError`. */
export function resolveServer(connection: ClusterConnection | undefined): RedisServer {
  const { ioredis } = loadPeers();
  const given = connection === undefined ? 'redis://127.0.0.1:6379' : connection;
  if (typeof given === 'object' && given !== null && 'duplicate' in given) return fromClient(given);
  const options = typeof given === 'string' || given instanceof URL ? fromUrl(given) : given;
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw invalidType(
      'connection',
      'a URL, the options of ioredis, or a client of it',
      typeof given,
    );
  // BullMQ reads replies in the form that they have by default.
  const { replyMapping: _, ...plain } = options;
  return {
    label: labelOf(options),
    secure: options.tls !== undefined,
    connect: (patient = false) =>
      following(
        (reconnectOnError) =>
          new ioredis.Redis({ ...plain, ...redisOptions(patient), reconnectOnError }),
      ),
  };
}

function fromClient(client: RedisClient): RedisServer {
  const { ioredis } = loadPeers();
  if (!(client instanceof ioredis.Cluster)) {
    const { options } = client;
    return {
      label: labelOf(options),
      secure: options.tls !== undefined,
      connect: (patient = false) =>
        following((reconnectOnError) =>
          client.duplicate({ ...redisOptions(patient), reconnectOnError }),
        ),
    };
  }
  const { replyMapping: _, ...node } = { replyMapping: undefined, ...client.options.redisOptions };
  return {
    label: labelOfCluster(client),
    secure: node.tls !== undefined,
    connect: (patient = false) => client.duplicate(undefined, clusterOptions(patient, node)),
  };
}

/** The client of a master that has become a replica connects anew: where the master is then, Sentinel or a name server knows. */
function following(make: (reconnectOnError: (error: Error) => false) => Redis): Redis {
  let isLeaving = false;
  const client = make(({ message }) => {
    // Not by what is returned here: the client would reconnect for each of the commands that were under way.
    if (/\bREADONLY\b/.test(message) && !isLeaving) {
      isLeaving = true;
      client.disconnect(true);
    }
    return false;
  });
  return client.on('close', () => (isLeaving = false));
}

const EXPECTED_URL = 'a URL such as redis://user:password@host:6379/0, or rediss:// for TLS';

/**
 * By hand, because what ioredis makes of a URL that is none is a socket path. Nothing of the URL is told but how it begins:
 * wherever it was not understood, a password may be.
 */
function fromUrl(given: string | URL): RedisOptions {
  const { login, rest } = splitLogin(String(given));
  const url = URL.canParse(rest) ? new URL(rest) : undefined;
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') {
    throw invalidSecret(
      'connection',
      EXPECTED_URL,
      url === undefined ? 'a text that is no URL' : `one that begins with ${url.protocol}//`,
    );
  }
  const database = url.pathname.slice(1);
  if (database !== '' && !/^\d+$/.test(database))
    throw invalidSecret(
      'connection',
      `${EXPECTED_URL}; its path is the number of a database`,
      'another path',
    );
  const { hostname, port, protocol } = url;
  const [username = '', ...password] = login.split(':');
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 6379 : Number(port),
    ...(username === '' ? {} : { username: decoded(username) }),
    ...(password.length === 0 ? {} : { password: decoded(password.join(':')) }),
    ...(database === '' ? {} : { db: Number(database) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

/** Passwords are pasted as they are: with a `/` or a `%` that a URL would have to write in another way. */
function splitLogin(text: string): { readonly login: string; readonly rest: string } {
  const [, scheme = '', login, server = ''] = /^([^:/]*:\/\/)(.*)@([^@]*)$/s.exec(text) ?? [];
  return login === undefined ? { login: '', rest: text } : { login, rest: scheme + server };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function labelOf({ path, host = '127.0.0.1', port = 6379, sentinels, name }: RedisOptions): string {
  if (sentinels !== undefined && sentinels !== null) {
    const [{ host: first = '127.0.0.1', port: at = 26_379 } = {}] = sentinels;
    return `${name ?? 'the master'} of Sentinel ${labelOf({ host: first, port: at })}`;
  }
  return path ?? `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** By the first of the nodes that it was given, which may be written in several ways. */
function labelOfCluster(client: Cluster): string {
  const [first] = Reflect.get(client, 'startupNodes') as readonly (
    | string
    | number
    | RedisOptions
  )[];
  try {
    const node = typeof first === 'string' ? fromUrl(first) : first;
    return `the Redis Cluster of ${labelOf(typeof node === 'object' ? node : { port: Number(node) })}`;
  } catch {
    return 'a Redis Cluster';
  }
}

/** Errors that trying again does not mend. */
const HOPELESS: readonly (readonly [RegExp, string])[] = [
  [
    /WRONGPASS|NOAUTH|invalid (?:username-)?password|ERR AUTH|without any password configured/i,
    'Check user name and password.',
  ],
  [/NOPERM/, 'Give the user the rights that docs/guide/cluster.md lists.'],
  [
    /certificate|CERT_|ERR_TLS_CERT/i,
    "Pass { connection: { …, tls: { ca } } } with the certificate of the server's authority, and the host name that it is made out to.",
  ],
  [
    /wrong version number|packet length too long|SSL routines|EPROTO/i,
    'One side speaks TLS and the other does not: rediss:// is with it, redis:// without.',
  ],
  [/Protocol error|reply type byte|RESP type/i, 'What listens there is not Redis.'],
  [/ENOTFOUND/, 'No such host is known.'],
  [
    /No such master/,
    'No master of that name is known to Sentinel: check { connection: { name } }.',
  ],
  [/\bMOVED \d/, 'That server is a node of a Redis Cluster: pass a Cluster client of ioredis.'],
  [
    /cluster support disabled/,
    'That server is no node of a Redis Cluster: pass its URL, or a Redis client.',
  ],
  [/unknown command|Redis version needs/i, 'BullMQ needs Redis 6.2 or Valkey, or newer.'],
];

/** What may pass, but has not in the time that there was. */
const STUBBORN: readonly (readonly [RegExp, string])[] = [
  [/READONLY/, 'That server is a replica: connect to the master, or through Sentinel.'],
  [/All sentinels are unreachable/, 'Start them, or pass others in { connection: { sentinels } }.'],
  [/MASTERDOWN/, 'That server is a replica that has lost its master: connect to the new one.'],
  [
    /NOREPLICAS/,
    'It takes nothing while too few replicas follow it: look at them, or at its min-replicas-to-write.',
  ],
  [/\bOOM\b/, 'It is full: give it more memory, or keep outcomes for a shorter time (resultTtl).'],
  [/LOADING/, 'Wait for it, or give it more time with { connectTimeout }.'],
  [
    /MISCONF/,
    'It can not save its data, and takes none before it can: look at its disk and its log.',
  ],
  [/CLUSTERDOWN/, 'Some of the slots of the Redis Cluster have no master.'],
];

/** What a server says that can't take anything at the moment. */
const REFUSALS =
  /\b(?:LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MISCONF|NOREPLICAS|UNBLOCKED|EXECABORT)\b/;

/** What happens to a connection, and passes. */
const BREAKS =
  /Connection is closed|Command aborted|ECONN|EPIPE|ETIMEDOUT|Socket timeout|Command timed out|NOSCRIPT|None of startup nodes|Stream isn't writeable|Connection in subscriber mode/;

/** Whether the server has refused a command, and may take it later. */
export function isRefusal(error: unknown): boolean {
  return REFUSALS.test(reason(error));
}

/** Whether the server has refused a command because it has no memory left. */
export function isFull(error: unknown): boolean {
  // Redis itself has to say so: in what BullMQ says of a job that word may stand, too.
  return error instanceof Error && error.name === 'ReplyError' && /\bOOM\b/.test(reason(error));
}

/** Whether a command that has failed so may be sent again. Everything else is an answer. */
export function isTransient(error: unknown): boolean {
  // What this library says of a record may have any word of that in it.
  return !(error instanceof ExecutorError) && (isRefusal(error) || BREAKS.test(reason(error)));
}

/** Whether a key holds something of another kind than ours: somebody has put it there. */
export function isOtherKind(error: unknown): boolean {
  return /^WRONGTYPE\b/.test(reason(error));
}

/** What ioredis says of a command whose connection is gone, and of one that never had any. */
const CLOSED = 'Connection is closed.';
/** What is heard of a server that makes nothing of what is said to it. */
const MUTE = /ECONNRESET|EPIPE|Connection is closed|has not answered/;

/** Whether there is no use in trying again. */
export function isHopeless(error: unknown): boolean {
  const text = textOf(error);
  return HOPELESS.some(([pattern]) => pattern.test(text));
}

/** What is said of a server that can't be used. */
export function cannotReach(server: RedisServer, cause: unknown): BrokenCluster {
  const text = textOf(cause);
  const remedy =
    [...HOPELESS, ...STUBBORN].find(([pattern]) => pattern.test(text))?.[1] ??
    (MUTE.test(text)
      ? `Is it Redis that listens there, ${server.secure ? 'with TLS? redis:// is without it.' : 'and without TLS? rediss:// is with it.'}`
      : 'Start a server there, or pass another { connection }.');
  const over = server.secure ? ' over TLS' : '';
  return new BrokenCluster(`Can't use Redis at ${server.label}${over}: ${text} ${remedy}`, {
    code: 'ERR_CONNECTION',
  });
}

/** Without what the client adds to it: commands, and with them a password, are among that. */
function textOf(error: unknown): string {
  const { code, lastNodeError } = (error ?? {}) as {
    readonly code?: string;
    readonly lastNodeError?: unknown;
  };
  // Of a Redis Cluster. What a node that can't be reached has met with is not told.
  if (lastNodeError !== undefined)
    return reason(lastNodeError) === CLOSED
      ? 'none of its nodes can be reached.'
      : textOf(lastNodeError);
  const text = reason(error);
  return code === undefined || text.includes(code) ? text : `${code}: ${text}`;
}
