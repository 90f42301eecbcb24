/** Cancelling calls that may have begun: each is cancelled or it has run, and whoever asks is told which. */
import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { CancelledError } from 'concurrent-futures';
import { BrokenCluster, type ClusterFuture } from 'concurrent-futures/cluster';
import { countRun, hostPid, hostPidAt, untilAborted } from '../fixtures/cluster-tasks.js';
import { echo, noop } from '../fixtures/tasks.js';
import { makeGate } from '../support/held.js';
import { makeCluster, startHost, whenStored } from '../support/hosts.js';
import { until } from '../support/process-pool.js';
import { needsRedis, redisClient, redisUrl, uniqueQueue } from '../support/redis.js';

const WAVE = 200;

for (const [kind, calls, args] of [
  ['threads', 2_000, []],
  ['processes', 600, ['--processes']],
] as const) {
  suite(`cancelling on a host with ${kind}`, { skip: needsRedis }, () => {
    test(`of ${calls} calls cancelled as they start, each is cancelled or has run`, async (t) => {
      const queue = uniqueQueue(t);
      const cluster = makeCluster(t, { queue });
      await startHost(t, { queue, args, workers: 2 });
      const key = `{cf:${queue}}:runs`;
      const answers: boolean[] = [];
      const settled: number[] = [];
      const futures: ClusterFuture<number>[] = [];
      for (let first = 0; first < calls; first += WAVE) {
        const wave = Array.from({ length: WAVE }, (_, index) => {
          const call = cluster.submit(countRun, redisUrl(), key, first + index, 0);
          call.addDoneCallback(() => settled.push(first + index));
          return call;
        });
        await wave[0];
        answers.push(...(await Promise.all(wave.map((call) => call.cancelConfirmed()))));
        futures.push(...wave);
      }
      await Promise.allSettled(futures);
      const runs = await runsUnder(t, key);
      for (const [item, future] of futures.entries()) {
        const cancelled = answers[item];
        assert.equal(future.cancelled(), cancelled, `${item}: what was said, and what it is`);
        assert.equal(runs[item] ?? '0', cancelled ? '0' : '1', `${item}: how often it has run`);
        if (!cancelled) assert.equal(await future, item);
      }
      assert.equal(settled.length, calls);
      assert.equal(new Set(settled).size, calls);
      assert.ok(answers.includes(true) && answers.includes(false));
    });

    test('the signal of a task that runs is aborted with the reason', async (t) => {
      const queue = uniqueQueue(t);
      const cluster = makeCluster(t, { queue });
      await startHost(t, { queue, args });
      const gate = makeGate(t);
      const reason = { why: 'enough', at: new Date(0) };
      const call = cluster.submit(untilAborted, gate.address);
      await gate.whenArrived(1);
      assert.equal(await call.cancelConfirmed(reason), false);
      assert.deepEqual(await call, reason);
      assert.equal(call.cancelled(), false);
      // Its worker serves the next one, whose signal is another.
      const next = cluster.submit(untilAborted, gate.address);
      await gate.whenArrived(2);
      assert.equal(next.cancel('now this'), false);
      assert.equal(await next, 'now this');
    });

    test('what waits behind it is cancelled, wherever it waits', async (t) => {
      const queue = uniqueQueue(t);
      const cluster = makeCluster(t, { queue });
      await startHost(t, { queue, args });
      // After many short calls the host fetches some ahead of its worker.
      await cluster
        .map(
          echo,
          Array.from({ length: 200 }, (_, item) => item),
        )
        .toArray();
      const gate = makeGate(t);
      const key = `{cf:${queue}}:runs`;
      const running = cluster.submit(hostPidAt, gate.address);
      const waiting = Array.from({ length: 20 }, (_, item) =>
        cluster.submit(countRun, redisUrl(), key, item, 0),
      );
      await gate.whenArrived(1);
      const answers = await Promise.all(waiting.map((call) => call.cancelConfirmed()));
      assert.deepEqual(new Set(answers), new Set([true]));
      gate.open();
      await running;
      await cluster.submit(noop);
      assert.deepEqual(await runsUnder(t, key), {});
    });
  });
}

suite('cancelling what no host has', { skip: needsRedis }, () => {
  test('before it has left this process it is exact, and Redis never hears of it', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    const before = cluster.submit(noop);
    assert.equal(before.cancel('no need'), true);
    assert.equal(before.cancelled(), true);
    const error = await before.exception().catch((reason: unknown) => reason);
    assert.ok(error instanceof CancelledError);
    assert.equal(error.cause, 'no need');
    // The same with a connection that is open.
    const stored = cluster.submit(noop);
    assert.equal(await stored.cancelConfirmed(), true);
    const after = cluster.submit(noop);
    assert.equal(after.cancel(), true);
    assert.equal(await cluster.submit(noop).cancelConfirmed(), true);
    assert.deepEqual(await jobsOf(t, queue), []);
    assert.equal(cluster.stats().cancelled, 4);
  });

  test('one that waits, one that is delayed, and one with a priority', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    const key = `{cf:${queue}}:runs`;
    const views = [
      cluster,
      cluster.with({ delay: 60_000 }),
      cluster.with({ priority: 5 }),
      cluster.with({ delay: 1, priority: 5 }),
    ];
    const calls = views.map((view, item) => view.submit(countRun, redisUrl(), key, item, 0));
    await whenStored(redisClient(t), queue, calls);
    for (const call of calls) {
      assert.equal(call.cancel('no need'), false);
      assert.equal(await call.cancelConfirmed('no need'), true);
      const error = await call.exception().catch((reason: unknown) => reason);
      assert.ok(error instanceof CancelledError);
      assert.equal(error.cause, 'no need');
    }
    assert.deepEqual(await jobsOf(t, queue), []);
    await startHost(t, { queue });
    await cluster.submit(noop);
    assert.deepEqual(await runsUnder(t, key), {});
  });

  test('many who ask for one get the same answer', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    const call = cluster.submit(noop);
    await whenStored(redisClient(t), queue, [call]);
    const answers = await Promise.all([1, 2, 3].map(() => call.cancelConfirmed()));
    assert.deepEqual(answers, [true, true, true]);
    assert.equal(await call.cancelConfirmed(), true);
  });

  test('one that another program has submitted: both hear of it', async (t) => {
    const queue = uniqueQueue(t);
    const [owner, other] = [makeCluster(t, { queue }), makeCluster(t, { queue })];
    const call = owner.submit(noop);
    await whenStored(redisClient(t), queue, [call]);
    const attached = other.attach(call.id);
    assert.equal(await attached.cancelConfirmed(), true);
    await assert.rejects(async () => call, CancelledError);
  });

  test('at shutdown with cancelFutures', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    await startHost(t, { queue });
    const gate = makeGate(t);
    const key = `{cf:${queue}}:runs`;
    const running = cluster.submit(hostPidAt, gate.address);
    await gate.whenArrived(1);
    await until(() => running.running());
    const waiting = Array.from({ length: 20 }, (_, item) =>
      cluster.submit(countRun, redisUrl(), key, item, 0),
    );
    await whenStored(redisClient(t), queue, waiting);
    const held = cluster.submit(countRun, redisUrl(), key, 20, 0);
    const down = cluster.shutdown({ cancelFutures: true });
    assert.equal(held.cancelled(), true);
    await Promise.allSettled(waiting);
    assert.ok(waiting.every((call) => call.cancelled()));
    assert.equal(running.done(), false);
    gate.open();
    assert.equal(typeof (await running), 'number');
    await down;
    assert.deepEqual(await runsUnder(t, key), {});
  });
});

suite('cancelling what is over, or whose host is', { skip: needsRedis }, () => {
  test('a finished call is not cancelled, and its outcome stays for those who attach', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    await startHost(t, { queue });
    const key = `{cf:${queue}}:runs`;
    const call = cluster.submit(countRun, redisUrl(), key, 7, 0);
    assert.equal(await call, 7);
    assert.equal(call.cancel(), false);
    assert.equal(await call.cancelConfirmed(), false);
    const attached = makeCluster(t, { queue }).attach(call.id);
    assert.equal(await attached.cancelConfirmed(), false);
    assert.equal(await attached, 7);
    assert.equal(await makeCluster(t, { queue }).attach(call.id), 7);
  });

  test('a call of a killed host that is cancelled never runs again, and has not been cancelled', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    const gate = makeGate(t);
    const call = cluster.submit(hostPidAt, gate.address);
    const killed = await startHost(t, { queue });
    await gate.whenArrived(1);
    await killed.kill();
    // No host is there that would have it run again.
    assert.equal(await call.cancelConfirmed('enough'), false);
    const error = await call.exception();
    assert.ok(error instanceof BrokenCluster);
    assert.equal(error.code, 'ERR_WORKER_DIED');
    assert.match(error.message, /host died, .* cancelled before another ran it/);
    assert.deepEqual(await jobsOf(t, queue), []);
  });

  test('nor has one that waits in the queue to be run again', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    const [gate, busy] = [makeGate(t), makeGate(t)];
    const call = cluster.submit(hostPidAt, gate.address);
    const killed = await startHost(t, { queue });
    await gate.whenArrived(1);
    const other = cluster.submit(hostPidAt, busy.address);
    await startHost(t, { queue });
    await busy.whenArrived(1);
    await killed.kill();
    await until(() => !call.running());
    assert.equal(await call.cancelConfirmed('enough'), false);
    const error = await call.exception();
    assert.ok(error instanceof BrokenCluster);
    assert.equal(error.code, 'ERR_WORKER_DIED');
    assert.match(error.message, /cancelled before another ran it/);
    busy.open();
    await other;
    assert.equal(gate.arrived, 1);
  });

  test('where a host that was killed has not answered, another one does', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    const gate = makeGate(t);
    const call = cluster.submit(untilAborted, gate.address);
    const killed = await startHost(t, { queue });
    await gate.whenArrived(1);
    const other = await startHost(t, { queue });
    await killed.stop();
    const answer = call.cancelConfirmed('enough');
    await killed.kill();
    await Promise.allSettled([call]);
    assert.equal(await answer, call.cancelled());
    const error = await call.exception().catch((reason: unknown) => reason);
    // Which of them, is a matter of which is faster: the cancel, or the other host.
    if (error === undefined) assert.equal(await call, 'enough');
    else if (error instanceof CancelledError) assert.equal(error.cause, 'enough');
    else assert.ok(error instanceof BrokenCluster);
    assert.equal(await cluster.submit(hostPid), other.pid);
  });
});

async function runsUnder(t: TestContext, key: string): Promise<Record<string, string>> {
  return { ...(await redisClient(t).hgetall(key)) };
}

/** The ids of those that Redis has. */
async function jobsOf(t: TestContext, queue: string): Promise<string[]> {
  const prefix = `{cf:${queue}}:${queue}:`;
  const keys = await redisClient(t).keys(`${prefix}*-*`);
  return keys.map((key) => key.slice(prefix.length));
}
