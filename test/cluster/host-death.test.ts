/** Hosts that are killed with calls in their hands. */
import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { BrokenCluster } from 'concurrent-futures/cluster';
import { countRun, dieTwiceThenWait, hostPid, hostPidAt } from '../fixtures/cluster-tasks.js';
import { dieAlways } from '../fixtures/deadly-tasks.js';
import { makeGate } from '../support/held.js';
import { makeCluster, startHost } from '../support/hosts.js';
import { needsRedis, redisClient, redisUrl, uniqueQueue } from '../support/redis.js';

for (const kind of ['threads', 'processes'] as const) {
  const args = kind === 'threads' ? [] : ['--processes'];

  suite(`a host with ${kind} that is killed`, { skip: needsRedis, concurrency: 2 }, () => {
    test('what it ran is run by another', async (t) => {
      const queue = uniqueQueue(t);
      const cluster = makeCluster(t, { queue });
      const gate = makeGate(t);
      const first = cluster.submit(hostPidAt, gate.address);
      const killed = await startHost(t, { queue, args });
      await gate.whenArrived(1);
      const other = await startHost(t, { queue, args });
      await killed.kill();
      await gate.whenArrived(2);
      gate.open();
      const ranIn = await first;
      assert.equal(await cluster.submit(hostPid), ranIn);
      if (kind === 'threads') assert.equal(ranIn, other.pid);
      assert.equal(cluster.stats().completed, 2);
    });

    test("what it ran fails, if it is not to be run again: onWorkerDeath 'fail'", async (t) => {
      const queue = uniqueQueue(t);
      const cluster = makeCluster(t, { queue, onWorkerDeath: 'fail' });
      const gate = makeGate(t);
      const held = cluster.submit(hostPidAt, gate.address);
      const killed = await startHost(t, { queue, args });
      await gate.whenArrived(1);
      await startHost(t, { queue, args });
      await killed.kill();
      const error = await held.exception();
      assert.ok(error instanceof BrokenCluster);
      assert.equal(error.code, 'ERR_WORKER_DIED');
      assert.match(error.message, /host .* hostPidAt .* died, or lost its connection/);
      assert.equal(gate.arrived, 1);
    });
  });
}

suite('deaths of hosts and of workers', { skip: needsRedis, concurrency: 2 }, () => {
  test('a call that has killed three workers is not run again, on whichever hosts they were', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    const key = `{cf:${queue}}:runs`;
    const first = await startHost(t, { queue, args: ['--processes'] });
    const call = cluster.submit(dieAlways, redisUrl(), key);
    const error = await call.exception();
    assert.ok(error instanceof BrokenCluster);
    assert.equal(error.code, 'ERR_WORKER_DIED');
    assert.match(error.message, /tried 3 times/);
    assert.equal(first.count('worker-died'), 3);
    assert.equal(await runsOf(t, key, 'all'), 3);
  });

  test('a call that has killed its host three times is given up', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    const gate = makeGate(t);
    const call = cluster.submit(hostPidAt, gate.address);
    for (let run = 1; run <= 3; run++) {
      const host = await startHost(t, { queue });
      await gate.whenArrived(run);
      await host.kill();
    }
    const last = await startHost(t, { queue });
    const error = await call.exception();
    assert.ok(error instanceof BrokenCluster);
    assert.match(error.message, /3 times/);
    assert.equal(gate.arrived, 3);
    assert.equal(last.count('call-refused'), 0);
    assert.equal(await cluster.submit(hostPid), last.pid);
  });

  test('a call that has killed two workers and then its host is given up', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    const gate = makeGate(t);
    const key = `{cf:${queue}}:runs`;
    const call = cluster.submit(dieTwiceThenWait, redisUrl(), key, gate.address);
    const killed = await startHost(t, { queue });
    await gate.whenArrived(1);
    await killed.kill();
    gate.open();
    await startHost(t, { queue });
    const error = await call.exception();
    assert.ok(error instanceof BrokenCluster);
    assert.equal(error.code, 'ERR_WORKER_DIED');
    assert.match(error.message, /or a worker of it, .* 3 times/);
    assert.equal(Number(await redisClient(t).get(key)), 3);
  });

  test('of many calls on two hosts, one of which is killed, each settles once', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    const key = `{cf:${queue}}:runs`;
    const [killed] = await Promise.all([
      startHost(t, { queue, workers: 4 }),
      startHost(t, { queue, workers: 4 }),
    ]);
    const settled: number[] = [];
    const calls = Array.from({ length: 200 }, (_, item) => {
      const call = cluster.submit(countRun, redisUrl(), key, item, 50);
      call.addDoneCallback(() => settled.push(item));
      return call;
    });
    await Promise.all(calls.slice(0, 20));
    await killed.kill();
    const values = await Promise.all(calls);
    assert.deepEqual(
      values,
      values.map((_, item) => item),
    );
    assert.equal(settled.length, 200);
    assert.equal(new Set(settled).size, 200);
    const again = await repeated(t, key);
    // What the killed host held: no more than it had workers for, and what it had fetched ahead.
    assert.ok(again <= 16, `${again} were run again`);
  });
});

async function runsOf(t: TestContext, key: string, item: string): Promise<number> {
  const redis = redisClient(t);
  return Number(await redis.hget(key, item));
}

/** How many were run more than once. */
async function repeated(t: TestContext, key: string): Promise<number> {
  const redis = redisClient(t);
  const runs = await redis.hgetall(key);
  return Object.values(runs).filter((count) => Number(count) > 1).length;
}
