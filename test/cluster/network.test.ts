/** Networks that fail between a program and Redis: connections that end, and those that are silent for a while. */
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { ClusterFuture } from 'concurrent-futures/cluster';
import {
  countRun,
  hostPid,
  hostPidAt,
  hostPidAtOwn,
  untilAborted,
} from '../fixtures/cluster-tasks.js';
import { add, echo } from '../fixtures/tasks.js';
import { makeGate } from '../support/held.js';
import { makeCluster, startHost, whenStored } from '../support/hosts.js';
import { needsRedis, redisClient, redisUrl, uniqueQueue } from '../support/redis.js';
import { whenRefused } from '../support/refusals-to-connect.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

/** In vain, of all the connections of a submitter. */
const ATTEMPTS = 4;
/** Of hosts that are not to lose a call, however busy the machine is. */
const LEASE = 30_000;

/** Resolves when the submitter has felt it: the bytes with this text are kept, or nobody lets it connect. */
function whenFelt(t: TestContext, proxy: TcpProxy, fail: 'cut' | 'blackhole', text: string) {
  return fail === 'cut'
    ? whenRefused(t, Number(new URL(proxy.url).port), ATTEMPTS)
    : proxy.whenKept(text);
}

for (const [what, fail] of [
  ['cut off', 'cut'],
  ['in a hole of the network', 'blackhole'],
] as const) {
  suite(`a host that is ${what} for longer than its lease`, { skip: needsRedis }, () => {
    test('another one runs its call, its own outcome is refused, and it goes on serving', async (t) => {
      const queue = uniqueQueue(t);
      const proxy = await startTcpProxy(t, redisUrl());
      const cluster = makeCluster(t, { queue });
      const [first, second] = [makeGate(t), makeGate(t)];
      const call = cluster.submit(hostPidAtOwn, redisUrl(), `{cf:${queue}}:runs`, [
        first.address,
        second.address,
      ]);
      const lonely = await startHost(t, { queue, redis: proxy.url });
      await first.whenArrived(1);
      const other = await startHost(t, { queue });
      await proxy[fail]();
      await second.whenArrived(1);
      // It ends while nobody can be told.
      first.open();
      await first.whenLeft(1);
      await proxy.heal();
      if (fail === 'cut') {
        await lonely.when('connection-lost');
        await lonely.when('connection-back');
      }
      // The other one is busy.
      assert.equal(await cluster.submit(hostPid), lonely.pid);
      assert.equal(call.done(), false);
      second.open();
      assert.equal(await call, other.pid);
    });

    test('the task that it still runs is aborted', async (t) => {
      const queue = uniqueQueue(t);
      const proxy = await startTcpProxy(t, redisUrl());
      const cluster = makeCluster(t, { queue });
      const gate = makeGate(t);
      const call = cluster.submit(untilAborted, gate.address);
      const lonely = await startHost(t, { queue, redis: proxy.url });
      await gate.whenArrived(1);
      await startHost(t, { queue });
      await proxy[fail]();
      await gate.whenArrived(2);
      await proxy.heal();
      const { call: id } = await lonely.when('lease-lost');
      assert.equal(id, call.id);
      await gate.whenLeft(1);
      assert.equal(call.done(), false);
      assert.equal(await call.cancelConfirmed('enough'), false);
      assert.equal(await call, 'enough');
    });
  });

  suite(`a submitter that is ${what}`, { skip: needsRedis }, () => {
    test('in the middle of a burst: every call settles, once', async (t) => {
      const queue = uniqueQueue(t);
      const proxy = await startTcpProxy(t, redisUrl());
      const cluster = makeCluster(t, { queue, connection: proxy.url });
      await startHost(t, { queue, workers: 2, lease: LEASE });
      const settled: number[] = [];
      const submit = (from: number): ClusterFuture<number>[] =>
        Array.from({ length: 500 }, (_, index) => {
          const call = cluster.submit(echo, from + index);
          call.addDoneCallback(() => settled.push(from + index));
          return call;
        });
      const before = submit(0);
      await before[20];
      await proxy[fail]();
      const during = submit(500);
      await whenFelt(t, proxy, fail, queue);
      await proxy.heal();
      const values = await Promise.all([...before, ...during]);
      assert.deepEqual(
        values,
        values.map((_, item) => item),
      );
      assert.equal(settled.length, 1_000);
      assert.equal(new Set(settled).size, 1_000);
    });

    test('it learns afterwards what has ended meanwhile', async (t) => {
      const queue = uniqueQueue(t);
      const proxy = await startTcpProxy(t, redisUrl());
      const cluster = makeCluster(t, { queue, connection: proxy.url });
      await startHost(t, { queue, lease: LEASE });
      const gate = makeGate(t);
      const call = cluster.submit(hostPidAt, gate.address);
      await gate.whenArrived(1);
      await proxy[fail]();
      gate.open();
      const ended = await makeCluster(t, { queue }).attach(call.id);
      assert.equal(call.done(), false);
      await proxy.heal();
      assert.equal(await call, ended);
    });

    test('what it asks for meanwhile is done afterwards', async (t) => {
      const queue = uniqueQueue(t);
      const proxy = await startTcpProxy(t, redisUrl());
      const cluster = makeCluster(t, { queue, connection: proxy.url });
      await startHost(t, { queue, lease: LEASE });
      const key = `{cf:${queue}}:runs`;
      const gate = makeGate(t);
      assert.equal(await cluster.submit(add, 1, 2), 3);
      const running = cluster.submit(untilAborted, gate.address);
      await gate.whenArrived(1);
      const waiting = cluster.submit(countRun, redisUrl(), key, 7, 0);
      const last = cluster.submit(countRun, redisUrl(), key, 8, 0);
      await whenStored(redisClient(t), queue, [waiting, last]);
      await proxy[fail]();
      const answer = waiting.cancelConfirmed();
      await whenFelt(t, proxy, fail, waiting.id);
      assert.equal(waiting.done(), false);
      await proxy.heal();
      assert.equal(await answer, true);
      assert.equal(await running.cancelConfirmed('enough'), false);
      assert.equal(await running, 'enough');
      assert.equal(await last, 8);
    });
  });
}

suite('a host whose connection breaks again while it subscribes', { skip: needsRedis }, () => {
  test('is told of calls to be cancelled all the same', async (t) => {
    const queue = uniqueQueue(t);
    const proxy = await startTcpProxy(t, redisUrl());
    const host = await startHost(t, { queue, redis: proxy.url, lease: LEASE });
    const cluster = makeCluster(t, { queue });
    const broken = proxy.breakAt('subscribe');
    await proxy.cut();
    await proxy.heal();
    await broken;
    await host.when('connection-back');
    const gate = makeGate(t);
    const running = cluster.submit(untilAborted, gate.address);
    await gate.whenArrived(1);
    assert.equal(await running.cancelConfirmed('enough'), false);
    assert.equal(await running, 'enough');
  });
});
