/** A Redis that answers, and takes nothing: a replica has taken over, or none is left. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Redis } from 'ioredis';
import { add, echo, waitAt } from '../fixtures/tasks.js';
import { assertSettledOnce, submitMany } from '../support/bursts.js';
import { makeGate } from '../support/held.js';
import { makeCluster, startHost, whenStored } from '../support/hosts.js';
import { until } from '../support/processes.js';
import { needsRedisServer, startRedisServer } from '../support/redis.js';

const queue = 'q';
/** Longer than any test. */
const LEASE = 60_000;
/** In one second or two, from a submitter and a host. One that takes no rest is refused thousands of times. */
const MOST_REFUSED = 500;
/** Where nothing listens. */
const NOWHERE = ['127.0.0.1', 1] as const;

interface Refusal {
  /** What Redis answers then. */
  readonly name: string;
  readonly begin: (redis: Redis) => Promise<unknown>;
  readonly end: (redis: Redis) => Promise<unknown>;
}

const refusals: readonly Refusal[] = [
  {
    name: 'READONLY',
    begin: (redis) => redis.replicaof(...NOWHERE),
    end: (redis) => redis.replicaof('NO', 'ONE'),
  },
  {
    name: 'NOREPLICAS',
    begin: (redis) => redis.config('SET', 'min-replicas-to-write', 1),
    end: (redis) => redis.config('SET', 'min-replicas-to-write', 0),
  },
];

suite('a Redis that takes nothing for a while', { skip: needsRedisServer, concurrency: 2 }, () => {
  for (const { name, begin, end } of refusals)
    test(`${name}: what ran has its own outcome, what waits is run, and nobody asks without a rest`, async (t) => {
      const redis = await startRedisServer(t);
      const admin = redis.client();
      // Before anything that can't end meanwhile.
      t.after(() => end(admin));
      const cluster = makeCluster(t, { connection: redis.url, queue });
      const host = await startHost(t, { queue, redis: redis.url, workers: 2, lease: LEASE });
      const gate = makeGate(t);
      const running = cluster.submit(waitAt, gate.address, 'its own');
      await gate.whenArrived(1);
      const burst = submitMany((item) => cluster.submit(echo, item), 400);
      await whenStored(admin, queue, burst.calls);
      await begin(admin);
      const later = cluster.submit(echo, 'later');
      gate.open();
      await gate.whenLeft(1);
      await until(
        async () => (await refused(admin, name)) >= 5,
        () => `nobody was refused with ${name}`,
      );
      const before = await refused(admin, name);
      await aSecond(admin);
      assert.ok((await refused(admin, name)) - before < MOST_REFUSED);
      assert.equal(running.done(), false);
      await end(admin);
      assert.equal(await running, 'its own');
      assert.equal(await later, 'later');
      await assertSettledOnce(burst);
      assert.equal(host.count('lease-lost'), 0);
    });

  test('one that stays a replica is said to be one', async (t) => {
    const redis = await startRedisServer(t, { config: [`replicaof ${NOWHERE.join(' ')}`] });
    const cluster = makeCluster(t, { connection: redis.url, queue, connectTimeout: 1_000 });
    await assert.rejects(cluster.submit(add, 1, 1), {
      code: 'ERR_CONNECTION',
      message: /READONLY.* is a replica: connect to the master/,
    });
  });

  test('one that has too few replicas is said to have', async (t) => {
    const redis = await startRedisServer(t, { config: ['min-replicas-to-write 1'] });
    const cluster = makeCluster(t, { connection: redis.url, queue, connectTimeout: 1_000 });
    await assert.rejects(cluster.submit(add, 1, 1), {
      code: 'ERR_CONNECTION',
      message: /NOREPLICAS.* min-replicas-to-write/,
    });
  });
});

/** By the clock of Redis. */
async function aSecond(redis: Redis): Promise<void> {
  const [begun] = await redis.time();
  await until(
    async () => Number((await redis.time())[0]) > Number(begun) + 1,
    () => 'the clock of Redis stands still',
  );
}

/** How often it has answered so. */
async function refused(redis: Redis, name: string): Promise<number> {
  const line = new RegExp(`errorstat_${name}:count=(\\d+)`).exec(await redis.info('errorstats'));
  return Number(line?.[1] ?? 0);
}
