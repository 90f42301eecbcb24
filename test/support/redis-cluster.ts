/** A Redis Cluster of a test's own, whose nodes it may kill. */
import type { TestContext } from 'node:test';
import { Cluster, type ClusterOptions, type Redis } from 'ioredis';
import { until } from './processes.js';
import { startRedisServer, type TestRedis } from './redis.js';

const SLOTS = 16_384;
/** Milliseconds after which nodes take another one for dead. With less, a busy machine looks like a failure. */
const NODE_TIMEOUT = 2_000;

export interface RedisClusterOptions {
  /** The number of masters with a replica: the first ones. Default: all. */
  readonly replicas?: number;
  /** Further lines of the configuration of each node. */
  readonly config?: readonly string[];
}

export interface TestNode extends TestRedis {
  /** A connection for tests. */
  readonly admin: Redis;
  readonly id: string;
}

interface QueueNodes {
  readonly master: TestNode;
  readonly replica: TestNode | undefined;
  readonly other: TestNode;
}

/** Three masters, each with a third of the slots. */
export class TestRedisCluster {
  readonly masters: readonly TestNode[];
  /** The replica of the master with the same index. */
  readonly replicas: readonly TestNode[];

  constructor(masters: readonly TestNode[], replicas: readonly TestNode[]) {
    this.masters = masters;
    this.replicas = replicas;
  }

  /** A client like one of a program. It is never used itself, and so never connected. */
  client(options: Omit<ClusterOptions, 'redisOptions'> = {}): Cluster {
    const startup = this.masters.map(({ port }) => ({ host: '127.0.0.1', port }));
    return new Cluster(startup, { ...options, lazyConnect: true });
  }

  /** The master that has the keys of this queue at first, its replica, and another master. */
  async nodesOf(queue: string): Promise<QueueNodes> {
    const { masters } = this;
    const slot = (await masters[0]?.admin.cluster('KEYSLOT', `{cf:${queue}}:`)) ?? 0;
    const index = Math.floor(slot / (SLOTS / masters.length));
    const [master, other] = [masters[index], masters[(index + 1) % masters.length]];
    if (master === undefined || other === undefined) throw new Error(`No node has slot ${slot}.`);
    return { master, replica: this.replicas[index], other };
  }

  /** Resolves when a node serves as the master of its slots. */
  async whenPromoted(node: TestNode): Promise<void> {
    await until(
      async () => (await replicationOf(node.admin, 'role')) === 'master',
      () => `the replica at ${node.port} has not taken over`,
    );
  }

  /** Resolves when another node has marked this one as failed. */
  async whenFailed(node: TestNode, to: TestNode): Promise<void> {
    const failed = new RegExp(`^${node.id} .*\\bfail `, 'm');
    await until(
      async () => failed.test(String(await to.admin.cluster('NODES'))),
      () => `${to.port} does not know that ${node.port} has failed`,
    );
  }

  /** Resolves when a node is a replica, and has all that its master has. */
  async whenReplica(node: TestNode): Promise<void> {
    await until(
      async () => (await replicationOf(node.admin, 'master_link_status')) === 'up',
      () => `${node.port} is no replica`,
    );
  }
}

export async function startRedisCluster(
  t: TestContext,
  { replicas: count = 3, config = [] }: RedisClusterOptions = {},
): Promise<TestRedisCluster> {
  const start = (): Promise<TestNode> => startNode(t, config);
  const [masters, replicas] = await Promise.all([
    Promise.all(Array.from({ length: 3 }, start)),
    Promise.all(Array.from({ length: count }, start)),
  ]);
  const all = [...masters, ...replicas];
  await Promise.all(
    masters.map(async ({ admin }, i) => {
      const [from, to] = [i, i + 1].map((n) => Math.floor((SLOTS * n) / masters.length));
      await admin.cluster('ADDSLOTSRANGE', from ?? 0, (to ?? 0) - 1);
    }),
  );
  // Before they meet: nodes with the same epoch resolve that by voting, which takes time.
  for (const [i, { admin }] of all.entries()) await admin.cluster('SET-CONFIG-EPOCH', i + 1);
  for (const { admin } of all)
    for (const { port } of all) await admin.cluster('MEET', '127.0.0.1', port);
  for (const { admin, port } of all)
    await until(
      async () => (await stateOf(admin, 'cluster_known_nodes')) === String(all.length),
      () => `${port} does not know all nodes`,
    );
  for (const [i, { admin }] of replicas.entries())
    await admin.cluster('REPLICATE', masters[i]?.id ?? '');
  const cluster = new TestRedisCluster(masters, replicas);
  for (const replica of replicas) await cluster.whenReplica(replica);
  for (const { admin, port } of all)
    await until(
      // A master gives no vote to an unknown replica.
      async () =>
        (await stateOf(admin, 'cluster_state')) === 'ok' &&
        (await replicasKnownTo(admin)) === count,
      () => `${port} does not take part in the cluster`,
    );
  return cluster;
}

async function startNode(t: TestContext, config: readonly string[]): Promise<TestNode> {
  const redis = await startRedisServer(t, {
    inMemory: true,
    config: [
      'cluster-enabled yes',
      'cluster-announce-ip 127.0.0.1',
      `cluster-node-timeout ${NODE_TIMEOUT}`,
      'cluster-replica-validity-factor 0',
      'repl-diskless-sync-delay 0',
      ...config,
    ],
  });
  const admin = redis.client();
  return Object.assign(redis, { admin, id: await admin.cluster('MYID') });
}

function stateOf(node: Redis, field: string): Promise<string | undefined> {
  return node.cluster('INFO').then((text) => fieldOf(text, field));
}

function replicationOf(node: Redis, field: string): Promise<string | undefined> {
  return node.info('replication').then((text) => fieldOf(text, field));
}

async function replicasKnownTo(node: Redis): Promise<number> {
  const nodes = String(await node.cluster('NODES')).split('\n');
  return nodes.filter((line) => /[ ,]slave /.test(line)).length;
}

function fieldOf(text: string, field: string): string | undefined {
  return new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(text)?.[1];
}
