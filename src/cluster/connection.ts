/**
 * Connections to Redis: the accepted forms, the clients made from them, and the texts of their errors. A connection
 * string contains a password, so errors and logs name the server by host and port only.
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

/** Not by `import`: programs without a cluster need not install them, and a constructor can report a missing one. */
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

/** A server, and a function that makes clients of it. */
export interface RedisServer {
  /** Host and port, without secrets. */
  readonly label: string;
  readonly secure: boolean;
  /**
   * A new client, which connects immediately and reconnects for ever.
   *
   * @param patient - true for a client that waits for answers which may take hours.
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
  // BullMQ reads replies in their default form.
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

/** The client of a master that has become a replica reconnects: Sentinel or a name server knows the new master. */
function following(make: (reconnectOnError: (error: Error) => false) => Redis): Redis {
  let isLeaving = false;
  const client = make(({ message }) => {
    // The return value is not used for that: the client would reconnect for each command in progress.
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
 * Parsed by hand, because ioredis turns an invalid URL into a socket path. Errors only show the beginning of the
 * URL: any other part may contain a password.
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

/** Passwords are often pasted without escaping: with a `/` or a `%`, which a URL would have to encode. */
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

/** By the first of its configured nodes, which may have several forms. */
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

/** Errors that do not go away by retrying. */
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
    'One side uses TLS and the other does not: rediss:// is with TLS, redis:// without.',
  ],
  [/Protocol error|reply type byte|RESP type/i, 'The server there is not Redis.'],
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

/** Errors that may go away, but have not within the time. */
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

/** Replies of a server that can't accept commands at the moment. */
const REFUSALS =
  /\b(?:LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MISCONF|NOREPLICAS|UNBLOCKED|EXECABORT)\b/;

/** Errors of a connection that go away. */
const BREAKS =
  /Connection is closed|Command aborted|ECONN|EPIPE|ETIMEDOUT|Socket timeout|Command timed out|NOSCRIPT|None of startup nodes|Stream isn't writeable|Connection in subscriber mode/;

/** True if the server has refused a command, and may accept it later. */
export function isRefusal(error: unknown): boolean {
  return REFUSALS.test(reason(error));
}

/** True if the server has refused a command because it has no memory left. */
export function isFull(error: unknown): boolean {
  // Only a reply of Redis itself counts: BullMQ's texts about a job may contain that word, too.
  return error instanceof Error && error.name === 'ReplyError' && /\bOOM\b/.test(reason(error));
}

/** True if a command that failed with this error may be sent again. All other errors are answers. */
export function isTransient(error: unknown): boolean {
  // Errors of this library about a record may contain any of these words.
  return !(error instanceof ExecutorError) && (isRefusal(error) || BREAKS.test(reason(error)));
}

/** True if the key has a type that this library does not use there: another program has written it. */
export function isOtherKind(error: unknown): boolean {
  return /^WRONGTYPE\b/.test(reason(error));
}

/** The text of ioredis for a command whose connection is closed, or was never open. */
const CLOSED = 'Connection is closed.';
/** The errors from a server that does not understand the client. */
const MUTE = /ECONNRESET|EPIPE|Connection is closed|has not answered/;

/** True if retrying is pointless. */
export function isHopeless(error: unknown): boolean {
  const text = textOf(error);
  return HOPELESS.some(([pattern]) => pattern.test(text));
}

/** The error for a server that can't be used. */
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

/** Without the details that the client adds: they include commands, and so passwords. */
function textOf(error: unknown): string {
  const { code, lastNodeError } = (error ?? {}) as {
    readonly code?: string;
    readonly lastNodeError?: unknown;
  };
  // From a Redis Cluster. The error of a node that can't be reached is not included.
  if (lastNodeError !== undefined)
    return reason(lastNodeError) === CLOSED
      ? 'none of its nodes can be reached.'
      : textOf(lastNodeError);
  const text = reason(error);
  return code === undefined || text.includes(code) ? text : `${code}: ${text}`;
}
