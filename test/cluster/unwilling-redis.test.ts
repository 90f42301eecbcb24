/** A Redis that answers and takes nothing: it is a replica, can't save, has too few replicas, or is still loading its data. */
import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { randomPort } from '#scripts/redis.mjs';
import { BrokenCluster, serveCluster } from 'concurrent-futures/cluster';
import { Redis } from 'ioredis';
import { hostPidAt } from '../fixtures/cluster-tasks.js';
import { add, echo } from '../fixtures/tasks.js';
import { makeGate } from '../support/held.js';
import { HostProcess, makeCluster, startHost, whenStored } from '../support/hosts.js';
import { needsRedisServer, startRedisServer, type TestRedis } from '../support/redis.js';

const queue = 'q';
/** Of calls that are under way meanwhile, however busy the machine is. */
const LEASE = 60_000;

interface Trouble {
  readonly name: string;
  /** What is said of it. */
  readonly message: RegExp;
  readonly make: (t: TestContext) => Promise<TestRedis>;
}

/** Servers that can't be used from the start. */
const troubles: readonly Trouble[] = [
  {
    name: 'a replica',
    message: /READONLY .*That server is a replica: connect to the master, or through Sentinel/,
    make: async (t) => {
      const master = await startRedisServer(t);
      return startRedisServer(t, { config: [`replicaof 127.0.0.1 ${master.port}`] });
    },
  },
  {
    name: 'a replica that has lost its master',
    message: /READONLY .*That server is a replica: connect to the master, or through Sentinel/,
    make: (t) =>
      startRedisServer(t, {
        config: [`replicaof 127.0.0.1 ${randomPort()}`, 'replica-serve-stale-data no'],
      }),
  },
  {
    name: 'one that can not save its data',
    message: /MISCONF .*look at its disk and its log/,
    make: async (t) => {
      const redis = await startRedisServer(t, { config: ['save 3600 1'] });
      await stopSaving(redis);
      return redis;
    },
  },
  {
    name: 'one with too few replicas',
    message: /NOREPLICAS .*min-replicas-to-write/,
    make: (t) => startRedisServer(t, { config: ['min-replicas-to-write 1'] }),
  },
  {
    name: 'one that is still loading its data',
    message: /LOADING.* give it more time with \{ connectTimeout \}/,
    make: async (t) => {
      const config = [
        'appendonly no',
        'rdbcompression no',
        'loading-process-events-interval-bytes 1024',
        // Microseconds.
        'key-load-delay 300000',
      ];
      const redis = await startRedisServer(t, { config });
      const client = redis.client();
      for (let key = 0; key < 150; key++) await client.set(`key-${key}`, 'x'.repeat(2_000));
      await client.save();
      await redis.kill();
      // It is ended before it has loaded all.
      redis.restart().catch(() => {});
      while (!(await isLoading(redis)));
      return redis;
    },
  },
];

suite('a Redis that takes nothing', { skip: needsRedisServer, concurrency: 3 }, () => {
  for (const { name, message, make } of troubles) {
    test(`${name}: submitters and hosts are told what it is, and what to do`, async (t) => {
      const redis = await make(t);
      const cluster = makeCluster(t, { connection: redis.url, queue, connectTimeout: 1_500 });
      const program = new HostProcess(t, ['host', '--redis', redis.url, '--queue', queue]);
      const served = serveCluster({ connection: redis.url, queue }).catch(
        (error: unknown) => error,
      );
      assertBroken(await cluster.submit(add, 1, 2).exception(), message);
      assertBroken(await served, message);
      const { code, stderr } = await program.ended;
      assert.equal(code, 3);
      assert.match(stderr.replaceAll('\n', ' '), message);
    });
  }

  test('a replica that becomes the master in time is used', async (t) => {
    const redis = await startRedisServer(t, { config: [`replicaof 127.0.0.1 ${randomPort()}`] });
    const cluster = makeCluster(t, { connection: redis.url, queue, connectTimeout: 60_000 });
    const call = cluster.submit(add, 1, 2);
    const client = redis.client();
    // It has been asked to take something, and has refused.
    while (!/^errorstat_READONLY:/m.test(await client.info('errorstats')));
    await client.replicaof('NO', 'ONE');
    await startHost(t, { queue, redis: redis.url });
    assert.equal(await call, 3);
  });
});

/** What becomes of a server that was in order. */
const turns: readonly {
  readonly name: string;
  readonly reason: RegExp;
  readonly config: readonly string[];
  readonly begin: (redis: TestRedis) => Promise<unknown>;
  readonly end: (redis: TestRedis) => Promise<unknown>;
}[] = [
  {
    name: 'a replica',
    reason: /^READONLY/,
    config: [],
    begin: (redis) => redis.client().replicaof('127.0.0.1', randomPort()),
    end: (redis) => redis.client().replicaof('NO', 'ONE'),
  },
  {
    name: 'one that can not save its data',
    reason: /^MISCONF/,
    config: ['save 3600 1'],
    begin: stopSaving,
    end: saveAgain,
  },
  {
    name: 'one with too few replicas',
    reason: /^NOREPLICAS/,
    config: [],
    begin: (redis) => redis.client().config('SET', 'min-replicas-to-write', '1'),
    end: (redis) => redis.client().config('SET', 'min-replicas-to-write', '0'),
  },
];

suite('a Redis that was in order', { skip: needsRedisServer, concurrency: 3 }, () => {
  for (const { name, reason, config, begin, end } of turns) {
    test(`becomes ${name}: calls wait, nothing is lost, and all goes on when it is over`, async (t) => {
      const redis = await startRedisServer(t, { config });
      const cluster = makeCluster(t, { connection: redis.url, queue });
      const host = await startHost(t, { queue, redis: redis.url, lease: LEASE });
      const gate = makeGate(t);
      const running = cluster.submit(hostPidAt, gate.address);
      await gate.whenArrived(1);
      const waiting = Array.from({ length: 10 }, (_, item) => cluster.submit(echo, item));
      await whenStored(redis.client(), queue, waiting);
      await begin(redis);
      const late = Array.from({ length: 10 }, (_, item) => cluster.submit(echo, item));
      const cancelled = waiting[9]?.cancelConfirmed();
      gate.open();
      assert.match((await host.when('redis-refuses')).reason, reason);
      assert.ok([running, ...waiting, ...late].every((call) => !call.done()));
      await end(redis);
      assert.equal(await running, host.pid);
      assert.equal(gate.arrived, 1);
      assert.equal(await cancelled, waiting[9]?.cancelled());
      for (const [item, call] of waiting.slice(0, 9).entries()) assert.equal(await call, item);
      for (const [item, call] of late.entries()) assert.equal(await call, item);
      assert.equal((await host.terminate()).code, 0);
    });
  }
});

function assertBroken(error: unknown, message: RegExp): void {
  assert.ok(error instanceof BrokenCluster, String(error));
  assert.equal(error.code, 'ERR_CONNECTION');
  assert.match(error.message, message);
}

/** Where its file would be, there is a folder. */
async function stopSaving(redis: TestRedis): Promise<void> {
  const client = redis.client();
  mkdirSync(await fileOf(redis));
  await client.set('unsaved', '1');
  await client.bgsave();
  while (!/^rdb_last_bgsave_status:err/m.test(await client.info('persistence')));
}

async function saveAgain(redis: TestRedis): Promise<void> {
  const client = redis.client();
  rmdirSync(await fileOf(redis));
  await client.bgsave();
  while (!/^rdb_last_bgsave_status:ok/m.test(await client.info('persistence')));
}

async function fileOf(redis: TestRedis): Promise<string> {
  const [, folder = ''] = await redis.client().config('GET', 'dir');
  return join(folder, 'dump.rdb');
}

/** Clients wait for it to be over, unless they are told not to. */
async function isLoading(redis: TestRedis): Promise<boolean> {
  const client = new Redis(redis.url, { enableReadyCheck: false, retryStrategy: () => null });
  client.on('error', () => {});
  const answer = await client.get('key-0').catch(String);
  client.disconnect();
  return answer?.includes('LOADING') === true;
}
