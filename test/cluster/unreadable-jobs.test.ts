/** Records of calls in Redis that somebody else has written to: nobody but that call is the worse for it. */
import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import {
  BrokenCluster,
  type ClusterExecutor,
  type ClusterFuture,
} from 'concurrent-futures/cluster';
import type { Redis } from 'ioredis';
import { echo } from '../fixtures/tasks.js';
import { type HostProcess, makeCluster, startHost, whenStored } from '../support/hosts.js';
import { needsRedis, redisClient, uniqueQueue } from '../support/redis.js';

const SECRET = 'at-least-sixteen-bytes-of-secret-text';
const NO_JSON = '{"cf":2,';

/** Beside a call that is as it should be: field and value. */
const spoiled = [
  ['data', NO_JSON],
  ['data', ''],
  ['opts', NO_JSON],
  ['opts', 'null'],
  ['opts', '7'],
  ['progress', NO_JSON],
  ['returnvalue', NO_JSON],
  ['stacktrace', NO_JSON],
  ['parent', NO_JSON],
] as const;

suite('a record that is no JSON', { skip: needsRedis, concurrency: 2 }, () => {
  for (const [field, value] of spoiled) {
    test(`${field} is ${JSON.stringify(value)}: that call fails, and the next ones are run at once`, async (t) => {
      const { redis, cluster, queue } = start(t);
      const calls = Array.from({ length: 3 }, (_, item) => cluster.submit(echo, item));
      await whenStored(redis, queue, calls);
      await redis.hset(keyOf(queue, calls[1]), field, value);
      const host = await startHost(t, { queue, lease: 60_000 });
      await assertRefused(calls[1], host, field);
      assert.equal(await calls[0], 0);
      assert.equal(await calls[2], 2);
      assert.equal(host.count('call-refused'), 1);
      assert.notEqual(
        await redis.zscore(`{cf:${queue}}:${queue}:failed`, calls[1]?.id ?? ''),
        null,
      );
      assert.equal(await redis.llen(`{cf:${queue}}:${queue}:active`), 0);
      const outcome = makeCluster(t, { queue })
        .attach(calls[1]?.id ?? '')
        .exception();
      assert.ok((await outcome) instanceof BrokenCluster);
    });
  }

  test('taken together with the end of another call, it fails as well', async (t) => {
    const { redis, cluster, queue } = start(t);
    const calls = Array.from({ length: 40 }, (_, item) => cluster.submit(echo, item));
    await whenStored(redis, queue, calls);
    for (const [i, call] of calls.entries())
      if (i % 2 === 1) await redis.hset(keyOf(queue, call), i % 4 === 1 ? 'opts' : 'data', NO_JSON);
    const host = await startHost(t, { queue, lease: 60_000 });
    for (const [i, call] of calls.entries()) {
      if (i % 2 === 0) assert.equal(await call, i);
      else assert.equal(((await call.exception()) as BrokenCluster).code, 'ERR_FORMAT');
    }
    await host.when('call-refused', 20);
  });

  test('where calls are signed, what is said of one that has no signature any more is not believed', async (t) => {
    const { redis, cluster, queue } = start(t, { secret: SECRET });
    const calls = Array.from({ length: 2 }, (_, item) => cluster.submit(echo, item));
    await whenStored(redis, queue, calls);
    await redis.hset(keyOf(queue, calls[0]), 'data', NO_JSON);
    await startHost(t, { queue, lease: 60_000, env: { CF_SECRET: SECRET } });
    const error = await calls[0]?.exception();
    assert.ok(error instanceof BrokenCluster);
    assert.equal(error.code, 'ERR_SIGNATURE');
    assert.equal(await calls[1], 1);
  });
});

suite('a submitter that looks a call up', { skip: needsRedis, concurrency: 2 }, () => {
  for (const [what, fields, code] of [
    ['a return value that is no JSON', { returnvalue: NO_JSON }, 'ERR_FORMAT'],
    ['a return value that is none of ours', { returnvalue: '[]' }, 'ERR_FORMAT'],
    ['a reason that nobody of ours has written', { failedReason: NO_JSON }, 'ERR_WORKER_DIED'],
    ['no outcome at all', {}, 'ERR_WORKER_DIED'],
  ] as const) {
    test(`and finds ${what}: that call fails`, async (t) => {
      const { redis, cluster, queue } = start(t);
      const call = cluster.submit(echo, 1);
      await whenStored(redis, queue, [call]);
      await redis.hset(keyOf(queue, call), { finishedOn: 'never', opts: NO_JSON, ...fields });
      const attached = makeCluster(t, { queue }).attach(call.id);
      for (const each of [attached, call]) {
        const error = await each.exception();
        assert.ok(error instanceof BrokenCluster);
        assert.equal(error.code, code);
      }
    });
  }

  test('and finds no record but something else: it is not known', async (t) => {
    const { redis, cluster, queue } = start(t);
    const call = cluster.submit(echo, 1);
    await whenStored(redis, queue, [call]);
    await redis.unlink(keyOf(queue, call));
    await redis.set(keyOf(queue, call), 'something else');
    const attached = makeCluster(t, { queue }).attach(call.id);
    assert.equal(await cluster.attach(call.id).cancelConfirmed(), false);
    for (const each of [attached, call]) {
      const error = (await each.exception()) as BrokenCluster;
      assert.equal(error.code, 'ERR_UNKNOWN_CALL');
    }
  });
});

function start(
  t: TestContext,
  options: object = {},
): { readonly redis: Redis; readonly queue: string; readonly cluster: ClusterExecutor } {
  const queue = uniqueQueue(t);
  return { redis: redisClient(t), queue, cluster: makeCluster(t, { queue, ...options }) };
}

function keyOf(queue: string, call: ClusterFuture<unknown> | undefined): string {
  return `{cf:${queue}}:${queue}:${call?.id}`;
}

async function assertRefused(
  call: ClusterFuture<unknown> | undefined,
  host: HostProcess,
  field: string,
): Promise<void> {
  const error = await call?.exception();
  assert.ok(error instanceof BrokenCluster);
  assert.equal(error.code, 'ERR_FORMAT');
  const refused = await host.when('call-refused');
  assert.equal(refused.call, call?.id);
  assert.match(refused.reason, new RegExp(`its ${field} is not as BullMQ writes it`));
}
