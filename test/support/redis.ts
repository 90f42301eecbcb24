/**
 * Redis for tests: one that all of them share, and servers of a single test, which it may kill.
 *
 * `npm test` starts the shared one for every file that imports this one, directly or not.
 */
import { randomUUID } from 'node:crypto';
import { after, type TestContext } from 'node:test';
import { type RedisServer, startRedis } from '#scripts/redis.mjs';
import { Redis } from 'ioredis';
import { type Certificate, makeCertificate } from './certificate.js';
import { resume, Stops } from './processes.js';

const { REDIS_URL: url, REDIS_SERVER: program } = process.env;

/** The reason for skipping a suite that uses the shared Redis; false if there is none. */
export const needsRedis: string | false =
  url === undefined && 'there is no Redis: REDIS_URL is not set (`npm test` sets it, if it can)';

/** The reason for skipping a suite that starts servers; false if there is none. */
export const needsRedisServer: string | false =
  program === undefined && 'there is no redis-server in REDIS_SERVER (`npm test` looks for one)';

/** The URL of the shared server. No test may change that server as a whole. */
export function redisUrl(): string {
  if (url === undefined) throw new Error('REDIS_URL is not set: skip this suite with needsRedis.');
  return url;
}

/** A connection to the shared server. */
export function redisClient(t: TestContext): Redis {
  const redis = new Redis(redisUrl());
  t.after(() => redis.disconnect());
  return redis;
}

const queues = new Set<string>();

/** A queue name for one test. Its keys are deleted when the file's tests are over. */
export function uniqueQueue({ name }: { readonly name: string }): string {
  const words = name.toLowerCase().match(/[a-z\d]+/g) ?? [];
  const queue = [...words.slice(0, 4), randomUUID().slice(0, 8)].join('-');
  queues.add(queue);
  return queue;
}

// Not after each test: its users of the queue still shut down then, and write.
after(async () => {
  if (queues.size === 0 || url === undefined) return;
  const redis = new Redis(url);
  for (const queue of queues) await deleteQueue(redis, queue);
  await redis.quit();
});

/** Deletes all keys of a queue. */
export async function deleteQueue(redis: Redis, queue: string): Promise<void> {
  const match = `{cf:${queue}}:*`;
  for await (const keys of redis.scanStream({ match, count: 1000 })) {
    const found = keys as string[];
    if (found.length > 0) await redis.unlink(...found);
  }
}

export interface RedisServerOptions {
  readonly password?: string;
  /** An ACL user with all permissions; no other can log in then. Not together with `password`. */
  readonly user?: { readonly name: string; readonly password: string };
  /** It is reached by `rediss:`, with the certificate in `ca`. */
  readonly tls?: boolean;
  /** Further lines of its configuration, such as `maxmemory-policy allkeys-lru`. */
  readonly config?: readonly string[];
  /** It keeps no data, and watches the servers that `config` names. */
  readonly sentinel?: boolean;
  /** Its folder is in memory, if possible, so that a busy disk can't delay it. Default: as a sentinel. */
  readonly inMemory?: boolean;
}

/** A server of a single test. It is removed when the test is over. */
export interface TestRedis {
  /** The URL, with the credentials. */
  readonly url: string;
  readonly port: number;
  /** The certificate to trust, as PEM, if it speaks TLS. */
  readonly ca: string | undefined;
  /** Kills it, like a crash; resolves when it is gone. Acknowledged data is on disk. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and with the same data. One that runs is killed first. */
  restart(): Promise<void>;
  /** Ends it for good, with its data. */
  stop(): Promise<void>;
  /** Halts it: connections stay open, new ones are made, and nothing is answered. */
  pause(): Promise<void>;
  resume(): void;
  /** A connection for tests, which reconnects with the server. @param url - of a proxy. */
  client(url?: string): Redis;
}

export async function startRedisServer(
  t: TestContext,
  options: RedisServerOptions = {},
): Promise<TestRedis> {
  if (program === undefined) {
    throw new Error('There is no redis-server: skip this suite with needsRedisServer.');
  }
  const certificate = options.tls === true ? makeCertificate() : undefined;
  const server = await startRedis(program, {
    config: [...accessOf(options), ...(options.config ?? [])],
    sentinel: options.sentinel ?? false,
    inMemory: options.inMemory ?? options.sentinel ?? false,
    ...(certificate !== undefined && { tls: certificate }),
  });
  const redis = new OwnRedis(t, server, withCredentials(server.url, options), certificate);
  // Objects that the test makes later are closed before this, hosts last, and may still need their server then.
  t.after(() => t.after(() => t.after(() => redis.stop())));
  return redis;
}

class OwnRedis implements TestRedis {
  readonly url: string;
  readonly port: number;
  readonly ca: string | undefined;
  readonly #server: RedisServer;
  readonly #stops: Stops;
  readonly #clients: Redis[] = [];

  constructor(
    t: TestContext,
    server: RedisServer,
    address: string,
    certificate: Certificate | undefined,
  ) {
    this.#server = server;
    this.#stops = new Stops(t);
    this.url = address;
    this.port = server.port;
    this.ca = certificate?.cert;
  }

  kill(): Promise<void> {
    return this.#server.kill();
  }

  restart(): Promise<void> {
    return this.#server.restart();
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    await this.#server.stop();
  }

  pause(): Promise<void> {
    return this.#stops.stop(this.#pid());
  }

  resume(): void {
    resume(this.#pid());
  }

  client(address = this.url): Redis {
    const client = new Redis(address, {
      maxRetriesPerRequest: null,
      retryStrategy: () => 10,
      ...(this.ca !== undefined && { tls: { ca: this.ca } }),
    });
    // The client has no connection while the server is down, and would print errors.
    client.on('error', () => {});
    this.#clients.push(client);
    return client;
  }

  #pid(): number {
    const { pid } = this.#server;
    if (pid === undefined) throw new Error('The Redis of this test is down: restart() it first.');
    return pid;
  }
}

function accessOf({ password, user }: RedisServerOptions): string[] {
  if (user !== undefined) {
    const secret = JSON.stringify(`>${user.password}`);
    return [`user ${user.name} on ${secret} ~* &* +@all`, 'user default off'];
  }
  return password === undefined ? [] : [`requirepass ${JSON.stringify(password)}`];
}

function withCredentials(address: string, { password, user }: RedisServerOptions): string {
  const named = new URL(address);
  named.username = user?.name ?? '';
  named.password = user?.password ?? password ?? '';
  return named.href;
}
