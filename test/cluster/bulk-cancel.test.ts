/** Very many calls that are cancelled at a time: in few commands, and each as exactly as one alone. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CancelledError } from 'concurrent-futures';
import type { Redis } from 'ioredis';
import { hostPidAt, lengthOf } from '../fixtures/cluster-tasks.js';
import { echo } from '../fixtures/tasks.js';
import { makeGate } from '../support/held.js';
import { makeCluster, startHost, whenStored } from '../support/hosts.js';
import { until } from '../support/process-pool.js';
import { needsRedisServer, startRedisServer } from '../support/redis.js';

const queue = 'q';
const MANY = 3_000;
/** Far fewer than calls, and more than there are batches. */
const FEW_COMMANDS = 50;

suite('cancelling very many calls', { skip: needsRedisServer }, () => {
  for (const how of ['at shutdown', 'one by one'] as const) {
    test(`${how}: all are cancelled, in few commands, and nothing of them stays`, async (t) => {
      const redis = await startRedisServer(t);
      const looking = redis.client();
      const cluster = makeCluster(t, { connection: redis.url, queue });
      const calls = Array.from({ length: MANY }, (_, item) => cluster.submit(echo, item));
      const large = cluster.submit(lengthOf, new Uint8Array(2 ** 20));
      await whenStored(looking, queue, [...calls, large]);
      assert.equal((await looking.keys(`{cf:${queue}}:value:*`)).length, 1);
      const before = await commandsOf(looking);
      if (how === 'at shutdown') await cluster.shutdown({ cancelFutures: true });
      else for (const call of [...calls, large]) assert.equal(call.cancel('no need'), false);
      await Promise.allSettled([...calls, large]);
      assert.ok([...calls, large].every((call) => call.cancelled()));
      const commands = (await commandsOf(looking)) - before;
      assert.ok(commands < FEW_COMMANDS, `${commands} commands`);
      assert.equal(cluster.stats().cancelled, MANY + 1);
      while ((await looking.keys(`{cf:${queue}}:value:*`)).length > 0);
      assert.deepEqual(await jobsOf(looking), []);
      assert.equal(await looking.llen(`{cf:${queue}}:${queue}:wait`), 0);
    });
  }

  test('what a host has begun goes on, and what it holds and has not begun is cancelled, too', async (t) => {
    const redis = await startRedisServer(t);
    const looking = redis.client();
    const cluster = makeCluster(t, { connection: redis.url, queue });
    await startHost(t, { queue, redis: redis.url });
    const gate = makeGate(t);
    const running = cluster.submit(hostPidAt, gate.address);
    await gate.whenArrived(1);
    await until(() => running.running());
    const calls = Array.from({ length: MANY }, (_, item) => cluster.submit(echo, item));
    await whenStored(looking, queue, calls);
    const down = cluster.shutdown({ cancelFutures: true });
    await Promise.allSettled(calls);
    assert.ok(calls.every((call) => call.cancelled()));
    assert.equal(running.done(), false);
    gate.open();
    assert.equal(typeof (await running), 'number');
    await down;
  });

  test('another program that waits for the same calls hears of each', async (t) => {
    const redis = await startRedisServer(t);
    const owner = makeCluster(t, { connection: redis.url, queue });
    const other = makeCluster(t, { connection: redis.url, queue });
    const calls = Array.from({ length: 500 }, (_, item) => owner.submit(echo, item));
    await whenStored(redis.client(), queue, calls);
    const attached = calls.map(({ id }) => other.attach(id));
    // It has looked at them, and is told of what happens from here on.
    const last = other.submit(echo, 0);
    await whenStored(redis.client(), queue, [last]);
    for (const call of calls) call.cancel();
    for (const call of attached) await assert.rejects(async () => call, CancelledError);
  });
});

/** How many scripts the server was sent. */
async function commandsOf(redis: Redis): Promise<number> {
  const stats = await redis.info('commandstats');
  return [...stats.matchAll(/^cmdstat_(?:eval|evalsha|publish):calls=(\d+)/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
}

async function jobsOf(redis: Redis): Promise<string[]> {
  return redis.keys(`{cf:${queue}}:${queue}:*-*`);
}
