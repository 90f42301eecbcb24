/** A Redis that is killed with calls in it, and comes back with what it had acknowledged. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { countRun, hostPidAt, untilAborted } from '../fixtures/cluster-tasks.js';
import { add, echo } from '../fixtures/tasks.js';
import { assertSettledOnce, type Burst, submitMany } from '../support/bursts.js';
import { makeGate } from '../support/held.js';
import { makeCluster, startHost, whenStored } from '../support/hosts.js';
import { onRefused, whenRefused } from '../support/refusals-to-connect.js';
import { needsRedisServer, startRedisServer } from '../support/redis.js';

const queue = 'q';
/** For how long Redis is gone, by the attempts of all the submitter's connections to reach it. */
const MOMENT = 6;
/** They get rarer up to one in 2 s each. This is longer than that and than leases last. */
const LONG = 20;
/** Of hosts that are not to lose a call, however busy the machine is. */
const LEASE = 5_000;

suite('a Redis that is killed', { skip: needsRedisServer, concurrency: 2 }, () => {
  test('in the middle of a burst, and comes back in a moment: every call settles, once', async (t) => {
    const redis = await startRedisServer(t);
    const cluster = makeCluster(t, { connection: redis.url, queue });
    await startHost(t, { queue, redis: redis.url, workers: 2, lease: LEASE });
    const burst = submitMany((item) => cluster.submit(echo, item), 2_000);
    await burst.calls[20];
    await redis.kill();
    await whenRefused(t, redis.port, MOMENT);
    await redis.restart();
    await assertSettledOnce(burst);
    assert.equal(await cluster.submit(add, 1, 2), 3);
  });

  test('again and again, under calls that do not stop: every call settles, once', async (t) => {
    const redis = await startRedisServer(t);
    const cluster = makeCluster(t, { connection: redis.url, queue });
    await startHost(t, { queue, redis: redis.url, workers: 2, lease: LEASE });
    const bursts: Burst[] = [];
    const submitMore = (): void => {
      bursts.push(submitMany((item) => cluster.submit(echo, item), 20));
    };
    submitMore();
    let goesOn = true;
    const submitting = (async (): Promise<void> => {
      while (goesOn) {
        submitMore();
        await Promise.all(bursts.at(-1)?.calls ?? []);
      }
    })();
    // And while it is gone.
    onRefused(t, redis.port, submitMore);
    for (let time = 0; time < 3; time++) {
      await bursts.at(-1)?.calls[0];
      await redis.kill();
      await whenRefused(t, redis.port, 3);
      await redis.restart();
    }
    goesOn = false;
    await submitting;
    for (const burst of bursts) await assertSettledOnce(burst);
  });

  test('while calls are submitted, and is gone for longer than leases last', async (t) => {
    const redis = await startRedisServer(t);
    const cluster = makeCluster(t, { connection: redis.url, queue });
    const host = await startHost(t, { queue, redis: redis.url, workers: 2, lease: 2_000 });
    assert.equal(await cluster.submit(add, 1, 2), 3);
    const gate = makeGate(t);
    const running = cluster.submit(hostPidAt, gate.address);
    await gate.whenArrived(1);
    await redis.kill();
    const burst = submitMany((item) => cluster.submit(echo, item), 200);
    await host.when('connection-lost');
    await whenRefused(t, redis.port, LONG / 2);
    // Its end can't be told.
    gate.open();
    await gate.whenLeft(1);
    await whenRefused(t, redis.port, LONG / 2);
    assert.equal(burst.settled.length, 0);
    assert.equal(running.done(), false);
    await redis.restart();
    await host.when('connection-back');
    await assertSettledOnce(burst);
    assert.equal(await running, host.pid);
    assert.equal((await host.terminate()).code, 0);
  });

  test('what it has acknowledged is run, also if nobody was there at the time', async (t) => {
    const redis = await startRedisServer(t);
    const cluster = makeCluster(t, { connection: redis.url, queue });
    const key = `{cf:${queue}}:runs`;
    const burst = submitMany((item) => cluster.submit(countRun, redis.url, key, item, 0), 300);
    await whenStored(redis.client(), queue, burst.calls);
    await redis.kill();
    await redis.restart();
    await startHost(t, { queue, redis: redis.url, workers: 2, lease: LEASE });
    await assertSettledOnce(burst);
    const runs = await redis.client().hgetall(key);
    assert.equal(Object.keys(runs).length, 300);
    assert.deepEqual(new Set(Object.values(runs)), new Set(['1']));
  });

  test('outcomes that it has are found by who attaches afterwards', async (t) => {
    const redis = await startRedisServer(t);
    const cluster = makeCluster(t, { connection: redis.url, queue });
    await startHost(t, { queue, redis: redis.url });
    const call = cluster.submit(add, 20, 22);
    assert.equal(await call, 42);
    await redis.kill();
    const attached = cluster.attach(call.id);
    await redis.restart();
    assert.equal(await attached, 42);
    assert.equal(await makeCluster(t, { connection: redis.url, queue }).attach(call.id), 42);
  });

  test('while somebody waits to hear of a cancellation: the answer is true, and late', async (t) => {
    const redis = await startRedisServer(t);
    const cluster = makeCluster(t, { connection: redis.url, queue });
    const key = `{cf:${queue}}:runs`;
    const waiting = cluster.submit(countRun, redis.url, key, 0, 0);
    await whenStored(redis.client(), queue, [waiting]);
    await redis.kill();
    const answer = waiting.cancelConfirmed();
    await redis.restart();
    assert.equal(await answer, true);
    await startHost(t, { queue, redis: redis.url });
    assert.equal(await cluster.submit(add, 1, 2), 3);
    assert.deepEqual({ ...(await redis.client().hgetall(key)) }, {});
  });

  test('hosts hear of cancellations afterwards', async (t) => {
    const redis = await startRedisServer(t);
    const cluster = makeCluster(t, { connection: redis.url, queue });
    const host = await startHost(t, { queue, redis: redis.url, lease: 60_000 });
    const gate = makeGate(t);
    const call = cluster.submit(untilAborted, gate.address);
    await gate.whenArrived(1);
    await redis.restart();
    assert.equal(await call.cancelConfirmed('enough'), false);
    assert.equal(await call, 'enough');
    assert.equal(host.count('lease-lost'), 0);
  });
});
