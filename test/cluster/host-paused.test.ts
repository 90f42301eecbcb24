/** Hosts that stand still for longer than their lease, and go on as if nothing had happened. */
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { hostPid, hostPidAtOwn, untilAborted } from '../fixtures/cluster-tasks.js';
import { makeGate } from '../support/held.js';
import { makeCluster, startHost } from '../support/hosts.js';
import { needsRedis, redisClient, redisUrl, uniqueQueue } from '../support/redis.js';

/**
 * A call that has begun on a host, which was stopped then, and a second time on another. It ends at the gate `first`
 * there, at `second` here.
 */
async function stopMidCall(t: TestContext, args: readonly string[] = []) {
  const queue = uniqueQueue(t);
  const cluster = makeCluster(t, { queue });
  const [first, second] = [makeGate(t), makeGate(t)];
  const gates = [first.address, second.address];
  const call = cluster.submit(hostPidAtOwn, redisUrl(), `{cf:${queue}}:runs`, gates);
  const stopped = await startHost(t, { queue, args });
  await first.whenArrived(1);
  const other = await startHost(t, { queue });
  await stopped.stop();
  await second.whenArrived(1);
  return { queue, cluster, call, first, second, stopped, other };
}

suite('a host that is stopped for longer than its lease', { skip: needsRedis }, () => {
  test('its late outcome is refused while the call is run by another host', async (t) => {
    const { cluster, call, first, second, stopped, other } = await stopMidCall(t);
    stopped.resume();
    const { call: id, task } = await stopped.when('lease-lost');
    assert.deepEqual({ id, task }, { id: call.id, task: 'hostPidAtOwn' });
    first.open();
    // The other one is busy, so this is run by the host whose late outcome has come and gone.
    assert.equal(await cluster.submit(hostPid), stopped.pid);
    assert.equal(call.done(), false);
    second.open();
    assert.equal(await call, other.pid);
  });

  test('its late outcome does not replace the one that is there', async (t) => {
    const { queue, cluster, call, first, second, stopped, other } = await stopMidCall(t);
    second.open();
    assert.equal(await call, other.pid);
    await other.terminate();
    first.open();
    stopped.resume();
    assert.equal(await cluster.submit(hostPid), stopped.pid);
    assert.equal(await makeCluster(t, { queue }).attach(call.id), other.pid);
  });

  test('its worker processes, which were not stopped, do not win either', async (t) => {
    const { cluster, call, first, second, stopped, other } = await stopMidCall(t, ['--processes']);
    first.open();
    await first.whenLeft(1);
    stopped.resume();
    const next = await cluster.submit(hostPid);
    assert.notEqual(next, other.pid);
    second.open();
    assert.equal(await call, other.pid);
  });

  test('the signal of the task that it still runs is aborted', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    const gate = makeGate(t);
    const call = cluster.submit(untilAborted, gate.address);
    const stopped = await startHost(t, { queue });
    await gate.whenArrived(1);
    await startHost(t, { queue });
    await stopped.stop();
    await gate.whenArrived(2);
    stopped.resume();
    await gate.whenLeft(1);
    assert.equal(call.done(), false);
    assert.equal(await call.cancelConfirmed('enough'), false);
    assert.equal(await call, 'enough');
  });

  test('alone in its queue, it runs the call again when the first run is over, and unaborted', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    const redis = redisClient(t);
    const [first, second] = [makeGate(t), makeGate(t)];
    const call = cluster.submit(hostPidAtOwn, redisUrl(), `{cf:${queue}}:runs`, [
      first.address,
      second.address,
    ]);
    const host = await startHost(t, { queue, workers: 3 });
    await first.whenArrived(1);
    await host.stop();
    while ((await redis.exists(`{cf:${queue}}:${queue}:${call.id}:lock`)) === 1);
    host.resume();
    await host.when('lease-lost');
    // Meanwhile its lease has been over for long, and the call has come back to it.
    await cluster.with({ delay: 2_500 }).submit(hostPid);
    assert.equal(second.arrived, 0);
    first.open();
    await second.whenArrived(1);
    second.open();
    assert.equal(await call, host.pid);
    assert.equal(host.count('lease-lost'), 1);
  });
});
