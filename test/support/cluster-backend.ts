/**
 * Clusters for the suites of all executors: each executor has a queue of its own and a host that serves it, in
 * this very process. In a program of a test, the host is in the process of the test.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { after } from 'node:test';
import type { PoolOptions, ShutdownOptions } from 'concurrent-futures';
import {
  BrokenCluster,
  ClusterExecutor,
  type ClusterHost,
  type HostOptions,
  serveCluster,
} from 'concurrent-futures/cluster';
import { Redis } from 'ioredis';
import type { IsolatedBackend } from './backends.js';
import { deleteQueue, redisUrl } from './redis.js';

/** The secret of all queues here: the common behaviour of executors must hold for signed calls as well. */
const secret = randomBytes(32).toString('base64');

const hosts = new Map<string, Promise<ClusterHost>>();

function newQueue(): string {
  return `conformance-${randomUUID().slice(0, 8)}`;
}

function serve(queue: string, options: HostOptions): Promise<ClusterHost> {
  const host = serveCluster({
    ...options,
    connection: redisUrl(),
    queue,
    allowCode: true,
    secret,
  });
  hosts.set(queue, host);
  return host;
}

/** Closes everything that the tests have left open, so that this process can end. */
after(async () => {
  if (hosts.size === 0) return;
  const redis = new Redis(redisUrl());
  for (const [queue, host] of hosts) {
    await (await host).close();
    await deleteQueue(redis, queue);
  }
  await redis.quit();
});

/** An executor whose host stops after it. */
class HostedCluster extends ClusterExecutor {
  static override readonly name = ClusterExecutor.name;
  readonly #host: Promise<ClusterHost>;

  constructor({ maxWorkers: workers, threadNamePrefix: name, functions }: PoolOptions = {}) {
    const queue = newQueue();
    super({ connection: redisUrl(), queue, functions, secret });
    this.#host = serve(queue, { workers, name });
  }

  override async shutdown(options?: ShutdownOptions): Promise<void> {
    await super.shutdown(options);
    const host = await this.#host;
    const stopped = super.shutdown().then(() => host.close());
    if (options?.wait !== false) await stopped;
  }
}

export const clusterBackend: IsolatedBackend = {
  name: 'cluster',
  executorClass: HostedCluster,
  isolated: true,
  brokenClass: BrokenCluster,
  blocks: false,
  isRemote: true,
  lacks: {
    workers: 'workers are those of the hosts, which are told how many',
    'worker names': 'nobody is told on which host a call runs',
    initializer: 'workers are started by the hosts, for calls of anybody',
    output: 'what tasks print is printed by the host',
    order:
      'short calls are on their way to a host several at a time, where one may overtake another',
  },
  async serve(t) {
    const queue = newQueue();
    const host = await serve(queue, { workers: 1 });
    t.after(() => host.close());
    return { TEST_QUEUE: queue, CF_SECRET: secret };
  },
  make: (options) => new HostedCluster(options),
  // No server listens on that port.
  makeBreaking: () =>
    new ClusterExecutor({ connection: 'redis://127.0.0.1:1', connectTimeout: 100 }),
};
