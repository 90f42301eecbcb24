/**
 * Connections that have fallen silent for good: what is sent arrives nowhere, and nobody says so. That is noticed
 * after 12 s, for which these tests do nothing. They are in a file of their own so that others are run meanwhile.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { hostPid, untilAborted } from '../fixtures/cluster-tasks.js';
import { echo } from '../fixtures/tasks.js';
import { makeGate } from '../support/held.js';
import { makeCluster, startHost } from '../support/hosts.js';
import { needsRedis, redisUrl, uniqueQueue } from '../support/redis.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

suite('connections that a router has forgotten', { skip: needsRedis, concurrency: 2 }, () => {
  test("a submitter's: it makes new ones, and every call settles", async (t) => {
    const queue = uniqueQueue(t);
    const proxy = await startTcpProxy(t, redisUrl());
    const cluster = makeCluster(t, { queue, connection: proxy.url });
    await startHost(t, { queue, lease: 30_000 });
    const before = Array.from({ length: 200 }, (_, item) => cluster.submit(echo, item));
    await before[20];
    proxy.strand();
    const after = Array.from({ length: 200 }, (_, item) => cluster.submit(echo, 200 + item));
    const values = await Promise.all([...before, ...after]);
    assert.deepEqual(
      values,
      values.map((_, item) => item),
    );
  });

  test("a host's: it makes new ones, serves, and hears who wants what cancelled", async (t) => {
    const queue = uniqueQueue(t);
    const proxy = await startTcpProxy(t, redisUrl());
    const cluster = makeCluster(t, { queue });
    const host = await startHost(t, { queue, redis: proxy.url });
    assert.equal(await cluster.submit(hostPid), host.pid);
    proxy.strand();
    await host.when('connection-lost');
    await host.when('connection-back');
    assert.equal(await cluster.submit(hostPid), host.pid);
    const gate = makeGate(t);
    const call = cluster.submit(untilAborted, gate.address);
    await gate.whenArrived(1);
    assert.equal(await call.cancelConfirmed('enough'), false);
    assert.equal(await call, 'enough');
  });
});
