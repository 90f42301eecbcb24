/** Redis with Sentinel: a replica takes over, and whoever is connected goes on there. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { lengthOf, untilAborted } from '../fixtures/cluster-tasks.js';
import { add, echo } from '../fixtures/tasks.js';
import { assertSettledOnce, assertSettledOrLost, submitMany } from '../support/bursts.js';
import { makeGate } from '../support/held.js';
import { makeCluster, serveHere } from '../support/hosts.js';
import { needsRedisServer } from '../support/redis.js';
import { startWatchedRedis } from '../support/sentinels.js';

const queue = 'q';
/** Of a burst of 400, what may have been acknowledged and not been sent to the replica yet. */
const MOST_LOST = 20;
/** Longer than any failover. */
const LEASE = 60_000;

suite('with Sentinel', { skip: needsRedisServer, concurrency: 2 }, () => {
  test('the master is killed in the middle of a burst: every call settles, and hosts go on', async (t) => {
    const redis = await startWatchedRedis(t);
    const { connection } = redis;
    const hosts = [
      await serveHere(t, { connection, queue }),
      await serveHere(t, { connection: redis.client(t), queue }),
    ];
    const cluster = makeCluster(t, { connection: redis.client(t), queue });
    const burst = submitMany((item) => cluster.submit(echo, item), 400);
    await burst.calls[20];
    await redis.master.kill();
    assert.ok((await assertSettledOrLost(burst)) <= MOST_LOST);
    await assertSettledOnce(submitMany((item) => cluster.submit(echo, item), 50));
    assert.equal(await cluster.submit(lengthOf, new Uint8Array(200_000)), 200_000);
    const gate = makeGate(t);
    const running = cluster.submit(untilAborted, gate.address);
    await gate.whenArrived(1);
    assert.equal(await running.cancelConfirmed('enough'), false);
    assert.equal(await running, 'enough');
    assert.equal((await cluster.hosts()).length, hosts.length);
  });

  test('a replica takes over while its master lives, which takes nothing more: nothing is lost', async (t) => {
    const redis = await startWatchedRedis(t, { config: ['min-replicas-to-write 1'] });
    const { connection } = redis;
    await serveHere(t, { connection, queue, lease: LEASE });
    const cluster = makeCluster(t, { connection, queue });
    assert.equal(await cluster.submit(add, 1, 1), 2);
    const gate = makeGate(t);
    const running = cluster.submit(untilAborted, gate.address);
    await gate.whenArrived(1);
    await redis.failOver();
    // The old master does not become a replica for some seconds, in which it is still talked to.
    const burst = submitMany((item) => cluster.submit(echo, item), 100);
    assert.equal(await running.cancelConfirmed('enough'), false);
    assert.equal(await running, 'enough');
    await assertSettledOnce(burst);
    const attached = makeCluster(t, { connection: redis.replica.url, queue });
    assert.equal(await attached.attach(burst.calls[99]?.id ?? ''), 99);
  });

  test('a name that no sentinel knows, and sentinels that are not there', async (t) => {
    const redis = await startWatchedRedis(t);
    const { connection } = redis;
    const unknown = makeCluster(t, { connection: { ...connection, name: 'another' }, queue });
    await assert.rejects(unknown.submit(add, 1, 1), {
      code: 'ERR_CONNECTION',
      message: /at another of Sentinel 127.*No such master.* check \{ connection: \{ name \} \}/,
    });
    for (const sentinel of redis.sentinels) await sentinel.kill();
    const lost = makeCluster(t, { connection, queue, connectTimeout: 1_000 });
    await assert.rejects(lost.submit(add, 1, 1), {
      code: 'ERR_CONNECTION',
      message: /All sentinels are unreachable.* Start them/,
    });
  });
});
