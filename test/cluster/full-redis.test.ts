/** A Redis that has no memory left: hosts make room and go on, and no call waits for ever. */
import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import type { ExecutorError } from 'concurrent-futures';
import { BrokenCluster, type ClusterFuture } from 'concurrent-futures/cluster';
import type { Redis } from 'ioredis';
import { bytesAt, manyBytes } from '../fixtures/cluster-tasks.js';
import { echo } from '../fixtures/tasks.js';
import type { Gate } from '../support/gate.js';
import { makeGate } from '../support/held.js';
import { type HostProcess, makeCluster, startHost } from '../support/hosts.js';
import { needsRedisServer, startRedisServer, type TestRedis } from '../support/redis.js';

const queue = 'q';
const KEY = `{cf:${queue}}:${queue}`;
const CALLS = 300;
/** Below the size from which on a value has a key of its own, and above. */
const INLINE = 10_000;
const LARGE = 100_000;
const LEASE = 5_000;

suite('a Redis that gets full', { skip: needsRedisServer }, () => {
  test('hosts make room, and every call settles', async (t) => {
    const redis = await startRedisServer(t);
    const cluster = makeCluster(t, { connection: redis.url, queue, resultTtl: 1_000 });
    const host = await startHost(t, { queue, redis: redis.url, workers: 2, lease: LEASE });
    assert.equal((await cluster.submit(manyBytes, 3)).length, 3);
    // For a third of the events, which have the results in them, and stay until there is no room any more.
    await leaveRoom(redis.client(), 2 ** 21);
    const calls = Array.from({ length: CALLS }, () => cluster.submit(manyBytes, INLINE));
    const outcomes = await outcomesOf(calls);
    assert.ok(outcomes.includes('done'));
    await host.when('redis-full');
    assert.equal(host.count('lease-lost'), 0);
    await setFull(redis, false);
    await host.when('redis-recovered');
    assert.equal((await cluster.submit(manyBytes, 3)).length, 3);
    const ending = await host.terminate();
    assert.equal(ending.code, 0);
    assert.match(ending.stderr, /CF_CLUSTER_MEMORY.* Redis is full\. .*resultTtl/);
  });

  test('what has expired is removed, and what has not is kept', async (t) => {
    const redis = await startRedisServer(t);
    const looking = redis.client();
    const brief = makeCluster(t, { connection: redis.url, queue, resultTtl: 1_000 });
    const long = makeCluster(t, { connection: redis.url, queue, resultTtl: 3_600_000 });
    const host = await startHost(t, { queue, redis: redis.url, lease: LEASE });
    const gone = Array.from({ length: 50 }, (_, item) => brief.submit(echo, item));
    await Promise.all(gone);
    // After them: BullMQ goes by the time of the call that ends, and that takes along whatever is older.
    const kept = long.submit(echo, 'kept');
    await kept;
    await whenExpired(looking, gone);
    await setFull(redis, true);
    const { removed } = await host.when('redis-full');
    assert.equal(removed, 50);
    assert.deepEqual(await looking.zrange(`${KEY}:completed`, '0', '-1'), [kept.id]);
    for (const { id } of gone) assert.equal(await looking.exists(`${KEY}:${id}`), 0);
    await setFull(redis, false);
    await host.when('redis-recovered');
    assert.equal(await makeCluster(t, { connection: redis.url, queue }).attach(kept.id), 'kept');
  });

  test('the submitter is told of the calls that were refused, and only of those', async (t) => {
    const redis = await startRedisServer(t);
    const looking = redis.client();
    const cluster = makeCluster(t, { connection: redis.url, queue });
    assert.equal(await cluster.submit(echo, 0).cancelConfirmed(), true);
    await setFull(redis, true);
    const error = await cluster.submit(echo, 1).exception();
    assertRefused(error);
    const refused = cluster.submit(manyBytes, LARGE);
    assertRefused(await refused.exception());
    assert.deepEqual(await looking.keys(`{cf:${queue}}:value:*`), []);
    await setFull(redis, false);
    // Some of a batch are taken, and others are not.
    await leaveRoom(looking, 2 ** 21);
    const calls = Array.from({ length: 1_000 }, () => cluster.submit(echo, 'x'.repeat(INLINE)));
    await whenDecided(looking, calls);
    await setFull(redis, false);
    await startHost(t, { queue, redis: redis.url, lease: LEASE });
    const outcomes = await outcomesOf(calls);
    assert.ok(outcomes.includes('done') && outcomes.includes('refused'));
    for (const [i, { id }] of calls.entries())
      assert.equal(await looking.exists(`${KEY}:${id}`), outcomes[i] === 'done' ? 1 : 0);
  });

  test('calls are cancelled there as ever', async (t) => {
    const redis = await startRedisServer(t);
    const cluster = makeCluster(t, { connection: redis.url, queue });
    const call = cluster.submit(echo, 1);
    while (!(await isStored(redis.client(), call)));
    await setFull(redis, true);
    assert.equal(await call.cancelConfirmed(), true);
  });
});

suite('a Redis that stays full', { skip: needsRedisServer }, () => {
  test('leases are renewed, outcomes are kept until there is room', async (t) => {
    const { redis, host, gate, call } = await fullUnderCall(t, 1_000);
    gate.open();
    await gate.whenLeft(1);
    await host.when('redis-full');
    await whenRenewed(redis.client(), call.id, 4);
    assert.equal(call.done(), false);
    assert.equal(host.count('lease-lost'), 0);
    await setFull(redis, false);
    assert.equal((await call).length, LARGE);
    await host.when('redis-recovered');
    assert.equal(gate.arrived, 1);
  });

  test('a host that is to end gives up after a lease, and says so to whoever waits', async (t) => {
    const { host, gate, call } = await fullUnderCall(t, 1_000);
    gate.open();
    await gate.whenLeft(1);
    const { code } = await host.terminate();
    assert.equal(code, 0);
    const error = await call.exception();
    assert.ok(error instanceof BrokenCluster);
    assert.equal(error.code, 'ERR_CONNECTION');
    assert.match(error.message, /did not take the result of bytesAt: OOM/);
  });

  test('a host that is started there waits for room', async (t) => {
    const redis = await startRedisServer(t);
    const cluster = makeCluster(t, { connection: redis.url, queue });
    const call = cluster.submit(echo, 1);
    while (!(await isStored(redis.client(), call)));
    await setFull(redis, true);
    const host = await startHost(t, { queue, redis: redis.url, lease: LEASE });
    await host.when('redis-full');
    assert.equal(call.done(), false);
    await setFull(redis, false);
    assert.equal(await call, 1);
  });
});

/** A host with one call that runs, and will return what needs room; and no room. */
async function fullUnderCall(
  t: TestContext,
  lease: number,
): Promise<{
  readonly redis: TestRedis;
  readonly host: HostProcess;
  readonly gate: Gate;
  readonly call: ClusterFuture<Uint8Array>;
}> {
  const redis = await startRedisServer(t);
  const cluster = makeCluster(t, { connection: redis.url, queue });
  const host = await startHost(t, { queue, redis: redis.url, lease });
  const gate = makeGate(t);
  const call = cluster.submit(bytesAt, gate.address, LARGE);
  await gate.whenArrived(1);
  await setFull(redis, true);
  return { redis, host, gate, call };
}

/** Full is one that may have less memory than it has. */
async function setFull(redis: TestRedis, isFull: boolean): Promise<void> {
  await redis.client().config('SET', 'maxmemory', isFull ? '1' : '0');
}

async function leaveRoom(redis: Redis, bytes: number): Promise<void> {
  const used = Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
  await redis.config('SET', 'maxmemory', String(used + bytes));
}

/** What came of each: its value, or an error that says that there was no room, or no time. */
async function outcomesOf(calls: readonly ClusterFuture<unknown>[]): Promise<string[]> {
  return Promise.all(
    calls.map(async (call) => {
      const error = await call.exception();
      if (error === undefined) return 'done';
      if ((error as Partial<ExecutorError>).code === 'ERR_UNKNOWN_CALL') return 'expired';
      assertRefused(error);
      return 'refused';
    }),
  );
}

function assertRefused(error: unknown): void {
  assert.ok(error instanceof BrokenCluster);
  assert.equal(error.code, 'ERR_CONNECTION');
  assert.match(error.message, /did not take .*OOM/);
}

/** Each is in Redis, or was refused. */
async function whenDecided(redis: Redis, calls: readonly ClusterFuture<unknown>[]): Promise<void> {
  for (const call of calls) while (!call.done() && !(await isStored(redis, call)));
}

async function isStored(redis: Redis, { id }: ClusterFuture<unknown>): Promise<boolean> {
  return (await redis.exists(`${KEY}:${id}`)) === 1;
}

/** It is by the server's clock, in whole seconds. */
async function whenExpired(redis: Redis, calls: readonly ClusterFuture<unknown>[]): Promise<void> {
  const ends = await Promise.all(calls.map(({ id }) => redis.hget(`${KEY}:${id}`, 'finishedOn')));
  const last = Math.max(...ends.map(Number)) + 2_000;
  while (Number((await redis.time())[0]) * 1000 < last);
}

/** Resolves when the lease of the call has been renewed so often. */
async function whenRenewed(redis: Redis, id: string, count: number): Promise<void> {
  let last = Infinity;
  for (let renewed = 0; renewed < count;) {
    const left = await redis.pttl(`${KEY}:${id}:lock`);
    assert.ok(left > 0, 'the lease is over');
    if (left > last) renewed++;
    last = left;
  }
}
