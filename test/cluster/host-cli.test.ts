/** The host as a program: what it takes, how it ends, what it prints, and what it never prints. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { suite, type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { randomPort } from '#scripts/redis.mjs';
import { BrokenCluster } from 'concurrent-futures/cluster';
import { hostPid, hostPidAt } from '../fixtures/cluster-tasks.js';
import { echo, fail, noop } from '../fixtures/tasks.js';
import { makeGate } from '../support/held.js';
import { HostProcess, type LoggedEvent, makeCluster, startHost } from '../support/hosts.js';
import {
  needsRedis,
  needsRedisServer,
  redisUrl,
  startRedisServer,
  uniqueQueue,
} from '../support/redis.js';

const NO_WORKERS = new URL('../fixtures/no-workers.js', import.meta.url).href;
const PASSWORD = 'swordfish';

// Two of its tests wait for ten seconds, and the others need not wait for them.
suite('the host as a program', { concurrency: 3 }, () => {
  suite('arguments of the command line', { concurrency: 4 }, () => {
    for (const [args, message] of [
      [[], /npx concurrent-futures host --redis/],
      [['serve'], /There is no command serve/],
      [['host', '--worker', '2'], /'--worker'/],
      [['host', 'more'], /'more'/],
      [['host', '--workers', '0'], /workers must be .*, but 0 was given/],
      [['host', '--workers', 'two'], /--workers must be a whole number, but 'two' was given/],
      [['host', '--lease', '10'], /lease must be .* from 1000 on, but 10 was given/],
      [['host', '--redis', 'localhost'], /connection must be a URL such as redis:/],
      [['host', '--redis', `http://u:${PASSWORD}@localhost`], /one that begins with http:\/\//],
      [['host', '--queue', 'a:b'], /queue must be a name/],
      [['host', '--name', 'a b'], /name must be a name/],
      [['host', '--allow', '../**'], /allow\[0\] must be/],
    ] as const) {
      test(`${JSON.stringify(args)}: exit code 2, and what is wrong`, async (t) => {
        const { code, stdout, stderr } = await new HostProcess(t, args).ended;
        assert.equal(code, 2);
        assert.match(stdout + stderr, message);
        assertSecret(stdout + stderr);
      });
    }

    test('--help: exit code 0, and how it is used', async (t) => {
      for (const args of [['--help'], ['host', '--help']]) {
        const { code, stdout, stderr } = await new HostProcess(t, args).ended;
        assert.equal(code, 0);
        assert.match(stdout, /Exit codes: 0 ended in order, 1 /);
        assert.equal(stderr, '');
      }
    });
  });

  suite('a Redis that cannot be used', { concurrency: 4 }, () => {
    test('none there: exit code 3, after a while', async (t) => {
      await assertRefused(t, `redis://user:${PASSWORD}@127.0.0.1:${randomPort()}`, /ECONNREFUSED/);
    });

    test('something that says nothing: exit code 3, after a while', async (t) => {
      const port = await listen(
        t,
        createServer((socket) => socket.resume()),
      );
      await assertRefused(t, `redis://user:${PASSWORD}@127.0.0.1:${port}`, /not answered for/);
    });

    test('a server of HTTP: exit code 3', async (t) => {
      const port = await listen(t, createHttpServer());
      await assertRefused(t, `redis://user:${PASSWORD}@127.0.0.1:${port}`, /not Redis/);
    });

    test('a wrong password: exit code 3', { skip: needsRedisServer }, async (t) => {
      const { port } = await startRedisServer(t, { password: 'another' });
      const url = `redis://:${PASSWORD}@127.0.0.1:${port}`;
      await assertRefused(t, url, /WRONGPASS .* Check user name and password/);
    });

    test('no password where one is needed: exit code 3', { skip: needsRedisServer }, async (t) => {
      const { port } = await startRedisServer(t, { password: 'another' });
      await assertRefused(t, `redis://127.0.0.1:${port}`, /NOAUTH .* Check user name and password/);
    });
  });

  suite('how a host ends', { skip: needsRedis, concurrency: 2 }, () => {
    for (const args of [[], ['--processes']]) {
      const kind = args[0] ?? 'with threads';

      test(`${kind}, SIGTERM: what runs is waited for, what waits goes to others; code 0`, async (t) => {
        const queue = uniqueQueue(t);
        const cluster = makeCluster(t, { queue });
        const host = await startHost(t, { queue, args });
        // After many short calls it fetches some ahead of its worker.
        await cluster
          .map(
            echo,
            Array.from({ length: 200 }, (_, item) => item),
          )
          .toArray();
        const gate = makeGate(t);
        const running = cluster.submit(hostPidAt, gate.address);
        const waiting = Array.from({ length: 20 }, () => cluster.submit(hostPid));
        await gate.whenArrived(1);
        host.signal('SIGTERM');
        await host.when('draining');
        const other = await startHost(t, { queue });
        assert.deepEqual(new Set(await Promise.all(waiting)), new Set([other.pid]));
        assert.equal(running.done(), false);
        gate.open();
        assert.notEqual(await running, other.pid);
        const { code } = await host.ended;
        assert.equal(code, 0);
        assert.equal((await host.when('stopped')).reason, 'drained');
      });

      test(`${kind}, a second signal: not waited for, run by another; code 6`, async (t) => {
        const queue = uniqueQueue(t);
        const cluster = makeCluster(t, { queue });
        const host = await startHost(t, { queue, args });
        const gate = makeGate(t);
        const running = cluster.submit(hostPidAt, gate.address);
        await gate.whenArrived(1);
        host.signal('SIGTERM');
        await host.when('draining');
        host.signal('SIGINT');
        const { code } = await host.ended;
        assert.equal(code, 6);
        assert.equal((await host.when('stopped')).reason, 'forced');
        // Its workers have gone with it.
        await gate.whenLeft(1);
        const other = await startHost(t, { queue });
        await gate.whenArrived(2);
        gate.open();
        assert.equal(await running, other.pid);
      });
    }

    test('its name is taken: code 4; it is free again when the other has ended', async (t) => {
      const queue = uniqueQueue(t);
      const named = { queue, args: ['--name', 'the-host'] };
      const first = await startHost(t, named);
      const second = new HostProcess(t, ['host', '--queue', queue, '--name', 'the-host'], {
        env: { REDIS_URL: redisUrl() },
      });
      const { code, stderr } = await second.ended;
      assert.equal(code, 4);
      assert.match(stderr, /Another host of this queue is called the-host/);
      assert.equal((await first.terminate()).code, 0);
      const third = await startHost(t, named);
      assert.equal((await third.terminate()).code, 0);
    });

    test('its workers cannot be started: code 5, and another host runs the call', async (t) => {
      const queue = uniqueQueue(t);
      const cluster = makeCluster(t, { queue });
      const host = await startHost(t, { queue, flags: ['--import', NO_WORKERS] });
      const call = cluster.submit(hostPid);
      const { code } = await host.ended;
      assert.equal(code, 5);
      assert.equal((await host.when('stopped')).reason, 'broken');
      const other = await startHost(t, { queue });
      assert.equal(await call, other.pid);
    });
  });

  suite('a host whose Redis is gone', { skip: needsRedisServer }, () => {
    test('ends on SIGTERM all the same', async (t) => {
      const redis = await startRedisServer(t, { user: { name: 'worker', password: PASSWORD } });
      const host = await startHost(t, { queue: 'q', redis: redis.url });
      await redis.kill();
      await host.when('connection-lost');
      const { code, stdout, stderr } = await host.terminate();
      assert.equal(code, 0);
      assertSecret(stdout + stderr);
    });
  });

  suite('what is printed', { skip: needsRedisServer }, () => {
    test('with --json, a line for each event, which parses, and says when', async (t) => {
      const redis = await startRedisServer(t, { user: { name: 'worker', password: PASSWORD } });
      const host = await startHost(t, { queue: 'q', redis: redis.url });
      await makeCluster(t, { queue: 'q', connection: redis.url }).submit(noop);
      const { stdout, stderr } = await host.terminate();
      const lines = stdout.trimEnd().split('\n');
      const events = lines.map((line) => JSON.parse(line) as LoggedEvent);
      assert.deepEqual(
        events.map(({ event }) => event),
        ['started', 'draining', 'stopped'],
      );
      for (const { time } of events) assert.equal(new Date(time).toISOString(), time);
      const [started] = events;
      assert.ok(started?.event === 'started');
      assert.equal(started.redis, `127.0.0.1:${redis.port}`);
      assert.deepEqual([started.queue, started.workers, started.kind], ['q', 1, 'threads']);
      assert.equal(stderr, '');
      assertSecret(stdout);
    });

    test('without, a line of text for each; the password in none of them, and in no error', async (t) => {
      const redis = await startRedisServer(t, { user: { name: 'worker', password: PASSWORD } });
      const args = ['host', '--redis', redis.url, '--queue', 'q', '--workers', '1'];
      const host = new HostProcess(t, args, { env: { NODE_DEBUG: '' } });
      const cluster = makeCluster(t, { queue: 'q', connection: redis.url });
      assertSecret(inspect(cluster, { depth: Infinity, showHidden: true }));
      await cluster.submit(noop);
      const error = await cluster.submit(fail, 'as it must').exception();
      assertSecret(inspect(error, { depth: Infinity, showHidden: true }));
      const unknown = await cluster.attach('no-such-call').exception();
      assertSecret(inspect(unknown, { depth: Infinity, showHidden: true }));
      await redis.restart();
      await cluster.submit(noop);
      const { code, stdout, stderr } = await host.terminate();
      assert.equal(code, 0);
      assert.match(stdout, /^\d{4}-\d\d-\d\dT[\d:.]+Z started host=".*" queue="q" redis="127/);
      assert.match(stdout, /Z lost the connection to Redis\n.*Z is connected to Redis again\n/);
      assertSecret(stdout + stderr);
    });

    test('a program whose password is wrong does not print it either', async (t) => {
      const { port } = await startRedisServer(t, { password: 'another' });
      const connection = `redis://worker:${PASSWORD}@127.0.0.1:${port}`;
      const cluster = makeCluster(t, { queue: 'q', connection });
      const error = await cluster.submit(noop).exception();
      assert.ok(error instanceof BrokenCluster);
      assert.match(error.message, /Check user name and password/);
      assertSecret(inspect(error, { depth: Infinity, showHidden: true }));
      assert.throws(
        () => cluster.submit(noop),
        (again) => {
          assertSecret(inspect(again, { depth: Infinity, showHidden: true }));
          return again instanceof BrokenCluster;
        },
      );
    });
  });
});

async function assertRefused(t: TestContext, redis: string, message: RegExp): Promise<void> {
  const host = new HostProcess(t, ['host', '--redis', redis, '--queue', 'q', '--json']);
  const { code, stdout, stderr } = await host.ended;
  assert.equal(stdout, '');
  assert.match(stderr, message);
  assert.match(stderr, new RegExp(`Can't use Redis at 127\\.0\\.0\\.1:${new URL(redis).port}`));
  assert.equal(code, 3);
  assertSecret(stderr);
}

function assertSecret(text: string): void {
  assert.ok(!text.includes(PASSWORD), `the password is in: ${text}`);
}

async function listen(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}
