/** Queues with a secret: calls of those who have it are run, outcomes of those who have it are believed, and no others. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { BrokenCluster } from 'concurrent-futures/cluster';
import { countRun, hostPid, untilAborted } from '../fixtures/cluster-tasks.js';
import { add, echo, fail } from '../fixtures/tasks.js';
import { makeGate } from '../support/held.js';
import { HostProcess, makeCluster, startHost, whenStored } from '../support/hosts.js';
import { makeFolder } from '../support/process-pool.js';
import { needsRedis, redisClient, redisUrl, uniqueQueue } from '../support/redis.js';

const secret = 'known to hosts and submitters';
const other = 'known to nobody else but me';
const concurrency = 2;

function secretFile(t: TestContext, text: string): string {
  const file = join(makeFolder(t), 'secret');
  writeFileSync(file, text);
  return file;
}

function assertUnbelieved(error: unknown, message: RegExp): void {
  assert.ok(error instanceof BrokenCluster, String(error));
  assert.equal(error.code, 'ERR_SIGNATURE');
  assert.match(error.message, message);
}

suite('a queue with a secret', { skip: needsRedis, concurrency }, () => {
  test('runs calls, chunks and failures of those who have it, from a file or the environment', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue, secret });
    const host = await startHost(t, {
      queue,
      args: ['--secret-file', secretFile(t, `${secret}\n`)],
    });
    assert.equal(await cluster.submit(add, 1, 2), 3);
    assert.deepEqual(
      await cluster
        .with({ chunkSize: 2 })
        .map(echo<unknown>, [1, -0, 3n])
        .toArray(),
      [1, -0, 3n],
    );
    await assert.rejects(cluster.submit(fail, 'on purpose'), /on purpose/);
    await host.terminate();
    await startHost(t, { queue, env: { CF_SECRET: secret } });
    assert.equal(await cluster.submit(add, 2, 3), 5);
  });

  test('refuses calls of those who have none, or another', async (t) => {
    const queue = uniqueQueue(t);
    const host = await startHost(t, { queue, env: { CF_SECRET: secret } });
    const without = makeCluster(t, { queue });
    assertUnbelieved(
      await without.submit(add, 1, 2).exception(),
      /What Redis has as a call is not signed/,
    );
    const wrong = makeCluster(t, { queue, secret: other });
    assertUnbelieved(await wrong.submit(add, 1, 2).exception(), /signature that is not of it/);
    assert.equal(host.count('call-refused'), 2);
    assert.equal(
      (await makeCluster(t, { queue, secret: [other, secret] })
        .submit(hostPid)
        .exception()) instanceof BrokenCluster,
      true,
    );
    assert.equal(
      await makeCluster(t, { queue, secret: [secret, other] }).submit(hostPid),
      host.pid,
    );
  });

  test('is left by a host that has no secret to one that has it, and refused where there is none', async (t) => {
    const queue = uniqueQueue(t);
    const without = await startHost(t, { queue });
    const cluster = makeCluster(t, { queue, secret });
    assertUnbelieved(await cluster.submit(hostPid).exception(), /a failure is not signed/);
    assert.match((await without.when('call-refused')).reason, /has no secret/);
    const host = await startHost(t, { queue, env: { CF_SECRET: secret } });
    const pids = await Promise.all(Array.from({ length: 20 }, () => cluster.submit(hostPid)));
    assert.deepEqual([...new Set(pids)], [host.pid]);
  });

  test('runs no call that was changed on its way', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue, secret });
    const redis = redisClient(t);
    const changes: readonly ((data: Record<string, unknown>) => unknown)[] = [
      (data) => ({ ...data, json: [40, 2] }),
      (data) => ({ ...data, chunk: true }),
      (data) => ({ ...data, until: Number(data['until']) + 1 }),
      (data) => ({ ...data, sig: undefined }),
    ];
    const calls = changes.map(() => cluster.submit(add, 1, 2));
    const renamed = cluster.submit(add, 1, 2);
    await whenStored(redis, queue, [...calls, renamed]);
    for (const [index, change] of changes.entries()) {
      const key = `{cf:${queue}}:${queue}:${calls[index]?.id}`;
      const data = JSON.parse((await redis.hget(key, 'data')) ?? '') as Record<string, unknown>;
      await redis.hset(key, 'data', JSON.stringify(change(data)));
    }
    await redis.hset(`{cf:${queue}}:${queue}:${renamed.id}`, 'name', 'harmless');
    await startHost(t, { queue, env: { CF_SECRET: secret } });
    for (const call of [...calls, renamed])
      assertUnbelieved(await call.exception(), /as a (?:call|failure)/);
    assert.equal(await cluster.submit(add, 1, 2), 3);
  });

  test('tells the outcome to another program that has it', async (t) => {
    const queue = uniqueQueue(t);
    await startHost(t, { queue, env: { CF_SECRET: secret } });
    const call = makeCluster(t, { queue, secret }).with({ jobId: 'known' }).submit(add, 1, 2);
    assert.equal(await call, 3);
    const { id } = call;
    assert.equal(await makeCluster(t, { queue, secret }).attach(id), 3);
    assert.equal(await makeCluster(t, { queue, secret }).with({ jobId: id }).submit(add, 4, 5), 3);
    assertUnbelieved(
      await makeCluster(t, { queue, secret: other }).attach(id).exception(),
      /as an outcome has a signature/,
    );
  });

  test('cancels for those who have it only', async (t) => {
    const queue = uniqueQueue(t);
    const host = await startHost(t, { queue, env: { CF_SECRET: secret } });
    const gate = makeGate(t);
    const cluster = makeCluster(t, { queue, secret });
    const call = cluster.submit(untilAborted, gate.address);
    await gate.whenArrived(1);
    const stranger = makeCluster(t, { queue, secret: other }).attach(call.id);
    stranger.cancel('not yours');
    await host.when('message-refused');
    assert.equal(
      await makeCluster(t, { queue, secret }).attach(call.id).cancelConfirmed('mine'),
      false,
    );
    assert.equal(await call, 'mine');
  });

  test('runs a call no more often than it may be tried, whoever puts it there again', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue, secret });
    const host = await startHost(t, { queue, env: { CF_SECRET: secret } });
    const redis = redisClient(t);
    const [key, list] = [`{cf:${queue}}:${queue}`, `{cf:${queue}}:runs`];
    const call = cluster.submit(countRun, redisUrl(), list, 0, 0);
    await call;
    for (let again = 2; again <= 6; again++) {
      await redis.hdel(
        `${key}:${call.id}`,
        'returnvalue',
        'finishedOn',
        'failedReason',
        'processedOn',
      );
      await redis.zrem(`${key}:completed`, call.id);
      await redis.zrem(`${key}:failed`, call.id);
      await redis.lpush(`${key}:wait`, call.id);
      await redis.zadd(`${key}:marker`, 0, '0');
      while ((await redis.hget(`${key}:${call.id}`, 'finishedOn')) === null);
    }
    assert.ok(Number(await redis.hget(list, '0')) <= 3);
    assert.match((await host.when('call-refused')).reason, /more often than it is tried/);
  });

  test('takes settings of those who have it only', async (t) => {
    const queue = uniqueQueue(t);
    const redis = redisClient(t);
    await redis.hset(`{cf:${queue}}:settings`, { lease: 2_000 });
    const host = new HostProcess(t, ['host', '--redis', redisUrl(), '--queue', queue, '--json'], {
      env: { CF_SECRET: secret },
    });
    assert.equal((await host.when('started')).lease, 15_000);
    assert.match((await host.when('message-refused')).reason, /as settings is not signed/);
    await makeCluster(t, { queue, secret, lease: 3_000 }).submit(add, 1, 2);
    const next = new HostProcess(t, ['host', '--redis', redisUrl(), '--queue', queue, '--json'], {
      env: { CF_SECRET: secret },
    });
    assert.equal((await next.when('started')).lease, 3_000);
  });
});

suite('a secret file that is none', { skip: needsRedis, concurrency }, () => {
  for (const [what, file, says] of [
    ['is not there', () => '/nowhere/secret', /\/nowhere\/secret can't be read: ENOENT/],
    ['is empty', (t: TestContext) => secretFile(t, '\n'), /at least 16 bytes, .*one of 0/],
    ['is a folder', (t: TestContext) => makeFolder(t), /can't be read: EISDIR/],
    ['is short', (t: TestContext) => secretFile(t, 'hunter2\n'), /can't be used: .*one of 7/],
    ['is of zeros', (t: TestContext) => secretFile(t, '\0'.repeat(32)), /one of equal bytes/],
  ] as const) {
    test(`${what}: the host says so and does not start`, async (t) => {
      const host = new HostProcess(t, ['host', '--secret-file', file(t)]);
      const { code, stderr } = await host.ended;
      assert.equal(code, 2);
      assert.match(stderr, says);
    });
  }
});
