/** Values that are too large for a call's record: in a key of their own, once, as long as somebody needs them. */
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { BrokenCluster } from 'concurrent-futures/cluster';
import type { Redis } from 'ioredis';
import { dieOnce, lengthOf, manyBytes, throwMuch } from '../fixtures/cluster-tasks.js';
import { echo } from '../fixtures/tasks.js';
import { makeCluster, startHost, whenStored } from '../support/hosts.js';
import { needsRedis, redisClient, redisUrl, uniqueQueue } from '../support/redis.js';

const LARGE = 300_000;
const concurrency = 2;

function values(redis: Redis, queue: string): Promise<string[]> {
  return redis.keys(`{cf:${queue}}:value:*`);
}

/** When a host has heard that a call is over, it drops the arguments, and nobody tells anybody. */
async function whenNoneIsLeft(redis: Redis, queue: string): Promise<void> {
  while ((await values(redis, queue)).length > 0);
}

function recordOf(redis: Redis, queue: string, id: string): Promise<Record<string, string>> {
  return redis.hgetall(`{cf:${queue}}:${queue}:${id}`);
}

async function start(t: TestContext, options: object = {}) {
  const queue = uniqueQueue(t);
  const cluster = makeCluster(t, { queue, ...options });
  return { queue, cluster, redis: redisClient(t) };
}

suite('values in keys of their own', { skip: needsRedis, concurrency }, () => {
  for (const [kind, args] of [
    ['threads', []],
    ['processes', ['--processes']],
  ] as const) {
    test(`arguments and outcomes of any kind come as they are (${kind})`, async (t) => {
      const { queue, cluster } = await start(t);
      await startHost(t, { queue, args });
      const bytes = new Uint8Array(LARGE).fill(7);
      const text = 'é'.repeat(LARGE);
      const nested = new Map([[bytes, { text, again: bytes, much: Array(50_000).fill(-0) }]]);
      for (const each of [bytes, bytes.buffer, text, nested, Array(LARGE).fill(1)])
        assert.deepStrictEqual(await cluster.submit(echo<unknown>, each), each);
      assert.equal(await cluster.submit(lengthOf, bytes), LARGE);
      const chunks = cluster.with({ chunkSize: 2 }).map(manyBytes, [LARGE, 3, LARGE]);
      assert.deepEqual(
        (await chunks.toArray()).map(({ length }) => length),
        [LARGE, 3, LARGE],
      );
    });
  }

  test('records do not have them, and arguments are dropped when the call is over', async (t) => {
    const { queue, cluster, redis } = await start(t);
    const call = cluster.submit(lengthOf, new Uint8Array(LARGE));
    await whenStored(redis, queue, [call]);
    const [key = ''] = await values(redis, queue);
    assert.ok((await redis.strlen(key)) > LARGE);
    const ttl = await redis.pttl(key);
    assert.ok(ttl > 6 * 24 * 3_600_000 && ttl <= 7 * 24 * 3_600_000, String(ttl));
    const { data = '' } = await recordOf(redis, queue, call.id);
    assert.ok(data.length < 1000, data);
    await startHost(t, { queue });
    assert.equal(await call, LARGE);
    await whenNoneIsLeft(redis, queue);
  });

  test('an outcome lies there for as long as its record', async (t) => {
    const { queue, cluster, redis } = await start(t, { resultTtl: 20_000 });
    await startHost(t, { queue });
    const call = cluster.submit(manyBytes, LARGE);
    await call;
    const [key = ''] = await values(redis, queue);
    const ttl = await redis.pttl(key);
    assert.ok(ttl > 10_000 && ttl <= 20_000, String(ttl));
    assert.ok(String((await recordOf(redis, queue, call.id))['returnvalue']).length < 1000);
    const other = makeCluster(t, { queue });
    assert.equal((await other.attach<Uint8Array>(call.id)).length, LARGE);
  });

  test('so does what was thrown', async (t) => {
    const { queue, cluster } = await start(t);
    await startHost(t, { queue });
    const error = (await cluster.submit(throwMuch, LARGE).exception()) as Error & { much: unknown };
    assert.equal(error.message, 'much');
    assert.deepEqual(error.much, new Uint8Array(LARGE));
  });

  test('inlineLimit says from where on', async (t) => {
    const { queue, cluster, redis } = await start(t, { inlineLimit: 100 });
    await startHost(t, { queue });
    assert.equal(await cluster.submit(echo<string>, 'x'.repeat(90)), 'x'.repeat(90));
    assert.deepEqual(await values(redis, queue), []);
    assert.equal(await cluster.submit(echo<string>, 'x'.repeat(200)), 'x'.repeat(200));
    assert.equal((await values(redis, queue)).length, 1);
  });

  test('a call that is cancelled before anybody has it takes its arguments along', async (t) => {
    const { queue, cluster, redis } = await start(t);
    const mine = cluster.submit(lengthOf, new Uint8Array(LARGE));
    const foreign = makeCluster(t, { queue }).submit(lengthOf, new Uint8Array(LARGE));
    await whenStored(redis, queue, [mine, foreign]);
    assert.equal(await mine.cancelConfirmed(), true);
    assert.equal(await cluster.attach(foreign.id).cancelConfirmed(), true);
    await whenNoneIsLeft(redis, queue);
  });

  test('a call that is submitted twice has its arguments once', async (t) => {
    const { queue, cluster, redis } = await start(t);
    const first = cluster.with({ jobId: 'twice' }).submit(lengthOf, new Uint8Array(LARGE));
    await whenStored(redis, queue, [first]);
    const again = makeCluster(t, { queue })
      .with({ jobId: 'twice' })
      .submit(lengthOf, new Uint8Array(LARGE + 1));
    await startHost(t, { queue });
    assert.equal(await first, LARGE);
    assert.equal(await again, LARGE);
    await whenNoneIsLeft(redis, queue);
  });

  test('a worker that dies with the call does not take its arguments along', async (t) => {
    const { queue, cluster } = await start(t);
    await startHost(t, { queue });
    const bytes = new Uint8Array(LARGE);
    assert.equal(await cluster.submit(dieOnce, redisUrl(), `${queue}:runs`, bytes), LARGE);
  });

  test('arguments that are gone, or others, fail the call that needs them, and no other', async (t) => {
    const { queue, cluster, redis } = await start(t);
    const gone = cluster.submit(lengthOf, new Uint8Array(LARGE));
    await whenStored(redis, queue, [gone]);
    await redis.del(await values(redis, queue));
    const changed = cluster.submit(lengthOf, new Uint8Array(LARGE));
    await whenStored(redis, queue, [changed]);
    await redis.setrange((await values(redis, queue))[0] ?? '', LARGE, 'x');
    await startHost(t, { queue });
    for (const [call, code] of [
      [gone, 'ERR_UNKNOWN_CALL'],
      [changed, 'ERR_FORMAT'],
    ] as const) {
      const error = await call.exception();
      assert.ok(error instanceof BrokenCluster, String(error));
      assert.equal(error.code, code);
    }
    assert.equal(await cluster.submit(lengthOf, new Uint8Array(LARGE)), LARGE);
  });

  test('an outcome that is gone is told as one that has expired', async (t) => {
    const { queue, cluster, redis } = await start(t);
    await startHost(t, { queue });
    const call = cluster.submit(manyBytes, LARGE);
    await call;
    await redis.del(await values(redis, queue));
    const error = await makeCluster(t, { queue }).attach(call.id).exception();
    assert.equal((error as BrokenCluster).code, 'ERR_UNKNOWN_CALL');
  });
});
