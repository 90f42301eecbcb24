/** What the cluster's tests build on: servers that can be killed, and networks that fail. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { until, whenGone } from '../support/processes.js';
import {
  deleteQueue,
  needsRedis,
  needsRedisServer,
  redisUrl,
  startRedisServer,
  uniqueQueue,
} from '../support/redis.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

suite('the Redis that all tests share', { skip: needsRedis }, () => {
  test('there is one, and it keeps what it is given', async (t) => {
    const redis = new Redis(redisUrl());
    t.after(() => redis.disconnect());
    const key = `{cf:${uniqueQueue(t)}}:key`;
    await redis.set(key, 'value');
    assert.equal(await redis.get(key), 'value');
    assert.match(await redis.info('memory'), /maxmemory_policy:noeviction/);
  });

  test('a queue is named after its test, and no two are the same', (t) => {
    const name = uniqueQueue(t);
    assert.match(name, /^a-queue-is-named-[\da-f]{8}$/);
    assert.notEqual(uniqueQueue(t), name);
  });
});

suite("a Redis of a test's own", { skip: needsRedisServer }, () => {
  test('it has after a kill what it had acknowledged before', async (t) => {
    const server = await startRedisServer(t);
    const redis = server.client();
    await redis.set('key', 'value');
    const closed = once(redis, 'close');
    await server.kill();
    await closed;
    const { port } = server;
    await server.restart();
    assert.equal(await redis.get('key'), 'value');
    assert.equal(server.port, port);
  });

  test('a restart ends the one that runs', async (t) => {
    const server = await startRedisServer(t);
    const redis = server.client();
    const pid = await pidOf(redis);
    await server.restart();
    await whenGone([pid]);
    assert.notEqual(await pidOf(redis), pid);
  });

  test('a paused one takes connections and answers when it goes on', async (t) => {
    const server = await startRedisServer(t);
    const redis = server.client();
    await redis.ping();
    await server.pause();
    const answers: string[] = [];
    const answered = redis.ping().then((answer) => answers.push(answer));
    await once(server.client(), 'connect');
    assert.deepEqual(answers, []);
    server.resume();
    await answered;
  });

  test('with a password, only who has it is let in', async (t) => {
    const server = await startRedisServer(t, { password: 'the password' });
    assert.equal(await server.client().ping(), 'PONG');
    await assert.rejects(server.client(`redis://127.0.0.1:${server.port}`).ping(), /NOAUTH/);
  });

  test('with a user, only that one is let in', async (t) => {
    const user = { name: 'worker', password: 'p@ss "word/' };
    const server = await startRedisServer(t, { user });
    assert.equal(await server.client().call('ACL', 'WHOAMI'), 'worker');
    await assert.rejects(server.client(`redis://127.0.0.1:${server.port}`).ping(), /NOAUTH/);
  });

  test('with TLS, it is reached by who trusts its certificate', async (t) => {
    const server = await startRedisServer(t, { tls: true });
    assert.match(server.url, /^rediss:/);
    assert.equal(await server.client().ping(), 'PONG');
    const stranger = new Redis(server.url, { retryStrategy: () => null });
    const [error] = await once(stranger, 'error');
    assert.match(String(error), /self-signed certificate/);
  });

  test('lines of configuration win over its own', async (t) => {
    const server = await startRedisServer(t, { config: ['maxmemory-policy allkeys-lru'] });
    assert.match(await server.client().info('memory'), /maxmemory_policy:allkeys-lru/);
  });

  test('one that does not start says why', async (t) => {
    await assert.rejects(startRedisServer(t, { config: ['no-such-line 1'] }), /no-such-line 1/);
  });

  test("a queue's keys are deleted, and no others", async (t) => {
    const redis = (await startRedisServer(t)).client();
    const [queue, other] = [uniqueQueue(t), uniqueQueue(t)];
    await redis.mset(`{cf:${queue}}:a`, '1', `{cf:${queue}}:b`, '2', `{cf:${other}}:a`, '3');
    await deleteQueue(redis, queue);
    assert.deepEqual(await redis.keys('*'), [`{cf:${other}}:a`]);
  });

  test('nothing is left of it when its test is over', async (t) => {
    let pid = 0;
    let folder = '';
    await t.test('a test that leaves it running, and halted', async (inner) => {
      const server = await startRedisServer(inner);
      const redis = server.client();
      pid = await pidOf(redis);
      [, folder = ''] = await redis.config('GET', 'dir');
      await server.pause();
    });
    await whenGone([pid]);
    assert.ok(folder !== '' && !existsSync(folder));
  });

  test('nothing is left of it when its program is killed', async (t) => {
    const script = fileURLToPath(new URL('../fixtures/redis-parent.js', import.meta.url));
    const program = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => program.kill('SIGKILL'));
    const [line] = (await once(program.stdout, 'data')) as [Buffer];
    const { pid, folder } = JSON.parse(String(line)) as { pid: number; folder: string };
    assert.ok(existsSync(folder));
    program.kill('SIGKILL');
    await whenGone([pid]);
    await until(
      () => !existsSync(folder),
      () => `${folder} is still there`,
    );
  });

  test('by way of a proxy, a call waits out a hole in the network', async (t) => {
    const server = await startRedisServer(t);
    const proxy = await startTcpProxy(t, server.url);
    const redis = server.client(proxy.url);
    await redis.set('count', 1);
    proxy.blackhole();
    const incremented = redis.incr('count');
    assert.equal(await server.client().get('count'), '1');
    await proxy.heal();
    assert.equal(await incremented, 2);
  });

  test('by way of a proxy, a client comes back after a cut', async (t) => {
    const server = await startRedisServer(t);
    const proxy = await startTcpProxy(t, server.url);
    const redis = server.client(proxy.url);
    await redis.set('key', 'value');
    const closed = once(redis, 'close');
    await proxy.cut();
    await closed;
    await proxy.heal();
    assert.equal(await redis.get('key'), 'value');
  });
});

async function pidOf(redis: Redis): Promise<number> {
  return Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1]);
}
