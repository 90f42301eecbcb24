/** Options that are wrong, and servers that cannot be used: what is said of them, and that nothing hangs. */
import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { randomPort } from '#scripts/redis.mjs';
import { ExecutorError } from 'concurrent-futures';
import {
  BrokenCluster,
  type ClusterCallOptions,
  type ClusterConnection,
  ClusterExecutor,
  type ClusterOptions,
  type HostOptions,
  serveCluster,
} from 'concurrent-futures/cluster';
import { add, noop } from '../fixtures/tasks.js';
import { makeCluster } from '../support/hosts.js';
import { needsRedisServer, startRedisServer } from '../support/redis.js';
import { WarningLog } from '../support/warning-log.js';

type Wrong<T> = readonly (readonly [options: { [K in keyof T]?: unknown }, message: RegExp])[];

const wrongConnections: readonly (readonly [connection: unknown, message: RegExp])[] = [
  ['localhost', /connection must be a URL such as redis:.*but a text that is no URL was given/],
  ['http://localhost', /begins with http:/],
  // Whatever is not understood may hold a password, so that nothing of it is told.
  ['redis://user:pa/ss%@local host', /^(?!.*ss%).*no URL/],
  ['redis://localhost/hunter2', /^(?!.*hunter2).*another path/],
  ['redis://', /connection must be a URL/],
  ['redis://localhost/name', /its path is the number of a database, but another path was given/],
  [7, /connection must be a URL, the options of ioredis, or a client/],
  [null, /connection must be/],
  [[], /connection must be/],
];

const wrongQueues: readonly (readonly [queue: unknown, message: RegExp])[] = [
  [':', /queue must be .*but ':'/],
  ['', /queue must be/],
  ['a b', /queue must be/],
  ['{a}', /queue must be/],
  [7, /queue must be a string, but 7/],
];

suite('an id of a call', () => {
  for (const jobId of ['wait', 'stalled', 'meta', 'delayed', 'events'])
    test(`is not the name of a key of the queue: ${jobId}`, () => {
      const cluster = new ClusterExecutor();
      assert.throws(
        () => cluster.with({ jobId }),
        /jobId must be a text that BullMQ has no use for/,
      );
    });
});

suite('options of an executor', () => {
  const wrong: Wrong<ClusterOptions> = [
    ...wrongConnections.map(([connection, message]) => [{ connection }, message] as const),
    ...wrongQueues.map(([queue, message]) => [{ queue }, message] as const),
    [{ resultTtl: 0 }, /resultTtl must be .* from 1000 on, but 0/],
    [{ resultTtl: Infinity }, /resultTtl must be/],
    [{ resultTtl: '1000' }, /resultTtl must be/],
    [{ attempts: 0 }, /attempts must be .*but 0/],
    [{ attempts: 1.5 }, /attempts must be/],
    [{ backoff: -1 }, /backoff must be/],
    [{ backoff: 'slow' }, /backoff must be/],
    [{ backoff: { type: 'linear', delay: 1 } }, /backoff\.type must be/],
    [{ backoff: { type: 'fixed', delay: -1 } }, /backoff\.delay must be/],
    [{ backoff: { type: 'fixed' } }, /backoff\.delay must be/],
    [{ onWorkerDeath: 'ignore' }, /onWorkerDeath must be .*'retry'/],
    [{ lease: 10 }, /lease must be .* from 1000 on, but 10/],
    [{ root: '' }, /root must be a path/],
    [{ functions: 'value' }, /functions must be/],
    [{ maxPayload: 0 }, /maxPayload must be/],
    [{ maxPayload: 2 ** 40 }, /maxPayload must be at most/],
    [{ connectTimeout: 0 }, /connectTimeout must be/],
  ];
  for (const [options, message] of wrong) {
    test(JSON.stringify(options), () => {
      assert.throws(() => new ClusterExecutor(options as ClusterOptions), refusal(message));
    });
  }

  test('one that there is not', () => {
    const options = { ttl: 1 } as ClusterOptions;
    assert.throws(() => new ClusterExecutor(options), refusal(/ttl/));
  });
});

suite('options of a call', () => {
  const wrong: Wrong<ClusterCallOptions> = [
    [{ jobId: '12' }, /jobId must be .* that is no number, but '12'/],
    [{ jobId: 'a:b' }, /jobId must be/],
    [{ jobId: '' }, /jobId must be/],
    [{ jobId: 7 }, /jobId must be a string/],
    [{ priority: 0 }, /priority must be/],
    [{ priority: 3_000_000 }, /priority must be from 1 to/],
    [{ delay: -1 }, /delay must be/],
    [{ delay: Infinity }, /delay must be/],
    [{ attempts: 0 }, /attempts must be/],
  ];
  for (const [options, message] of wrong) {
    test(JSON.stringify(options), () => {
      const cluster = new ClusterExecutor();
      assert.throws(() => cluster.with(options as ClusterCallOptions), refusal(message));
    });
  }

  test('those that other executors have', () => {
    assert.throws(
      () => new ClusterExecutor().with({ captureOutput: true }),
      (error) => error instanceof ExecutorError && error.code === 'ERR_NOT_IMPLEMENTED',
    );
  });

  test('an id that is none', () => {
    assert.throws(() => new ClusterExecutor().attach(7 as unknown as string), refusal(/id must/));
  });
});

suite('options of a host', () => {
  const wrong: Wrong<HostOptions> = [
    ...wrongConnections.map(([connection, message]) => [{ connection }, message] as const),
    ...wrongQueues.map(([queue, message]) => [{ queue }, message] as const),
    [{ workers: 0 }, /workers must be .*but 0/],
    [{ kind: 'fibers' }, /kind must be .*'threads'/],
    [{ name: '' }, /name must be a name/],
    [{ name: 7 }, /name must be a string/],
    [{ root: 7 }, /root must be a path/],
    [{ allow: 'src/**' }, /allow must be an array/],
    [{ allow: [7] }, /allow\[0\] must be/],
    [{ allow: ['/etc/**'] }, /allow\[0\] must be/],
    [{ allowCode: 'yes' }, /allowCode must be a boolean/],
    [{ lease: 10 }, /lease must be .* from 1000 on/],
    [{ onEvent: 'log' }, /onEvent must be a function/],
    [{ worker: 2 }, /worker/],
  ] as Wrong<HostOptions>;
  for (const [options, message] of wrong) {
    test(JSON.stringify(options), async () => {
      await assert.rejects(serveCluster(options as HostOptions), refusal(message));
    });
  }
});

suite('a server that cannot be used', () => {
  test('is told by all calls that wait for it, and by those that come later', async (t) => {
    const connection = `redis://127.0.0.1:${randomPort()}`;
    const warnings = new WarningLog(t);
    const cluster = makeCluster(t, { connection, connectTimeout: 2_000 });
    const calls = [cluster.submit(add, 1, 2), cluster.submit(noop), cluster.attach('some-call')];
    const errors = await Promise.all(calls.map((call) => call.exception()));
    for (const error of errors) {
      assert.ok(error instanceof BrokenCluster);
      assert.equal(error.code, 'ERR_CONNECTION');
      assert.match(
        error.message,
        /Can't use Redis at 127.*: .*ECONNREFUSED.* Start a server there/,
      );
    }
    assert.equal(new Set(errors).size, 3);
    assert.throws(() => cluster.submit(noop), BrokenCluster);
    assert.throws(() => cluster.attach('some-call'), BrokenCluster);
    assert.equal(cluster.stats().failed, 3);
    await cluster.shutdown();
    assert.deepEqual(warnings.codes(), []);
  });

  test('whose password, or user, is another', { skip: needsRedisServer }, async (t) => {
    const user = { name: 'worker', password: 'secret' };
    const { port, url } = await startRedisServer(t, { user });
    const refused = /Can't use Redis at 127.*(WRONGPASS|NOAUTH).* Check user name and password/;
    const at = { host: '127.0.0.1', port };
    await assertRefused(t, `redis://127.0.0.1:${port}`, refused);
    await assertRefused(t, { ...at, username: 'worker', password: 'guess' }, refused);
    await assertRefused(t, { ...at, username: 'somebody', password: 'secret' }, refused);
    await assertServes(t, url);
    await assertServes(t, { ...at, username: 'worker', password: 'secret' });
  });

  test('with TLS, only where its certificate is trusted', { skip: needsRedisServer }, async (t) => {
    const { port, url, ca } = await startRedisServer(t, { tls: true });
    assert.ok(ca !== undefined);
    await assertServes(t, { host: '127.0.0.1', port, tls: { ca } });
    await assertRefused(t, url, /over TLS: .*self-signed certificate.* tls: \{ ca \}/);
    await assertRefused(
      t,
      url.replace('rediss:', 'redis:'),
      /without TLS\? rediss:\/\/ is with it/,
    );
  });

  test('without TLS, to a client that has it', { skip: needsRedisServer }, async (t) => {
    const { url } = await startRedisServer(t);
    await assertRefused(
      t,
      url.replace('redis:', 'rediss:'),
      /over TLS: .*with TLS\? redis:\/\/ is without it/,
    );
  });
});

async function assertRefused(
  t: TestContext,
  connection: ClusterConnection,
  message: RegExp,
): Promise<void> {
  const cluster = makeCluster(t, { connection, connectTimeout: 2_000 });
  const error = await cluster.submit(noop).exception();
  assert.ok(error instanceof BrokenCluster);
  assert.equal(error.code, 'ERR_CONNECTION');
  assert.match(error.message, message);
}

/** A call gets there, and back. */
async function assertServes(t: TestContext, connection: ClusterConnection): Promise<void> {
  const host = await serveCluster({ connection, queue: 'q', workers: 1 });
  const cluster = makeCluster(t, { connection, queue: 'q' });
  assert.equal(await cluster.submit(add, 1, 2), 3);
  await cluster.shutdown();
  await host.close();
}

function refusal(message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof TypeError || error instanceof RangeError, String(error));
    assert.match(error.message, message);
    return true;
  };
}
