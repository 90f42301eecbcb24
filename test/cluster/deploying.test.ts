/** Hosts of different versions on one queue, and what hosts tell of themselves. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { CodeMismatchError } from 'concurrent-futures/cluster';
import { add } from '../fixtures/tasks.js';
import { hostPid } from '../fixtures/cluster-tasks.js';
import { HostProcess, makeCluster, startHost } from '../support/hosts.js';
import { importText, writeModules } from '../support/modules.js';
import { plainQueue } from '../support/plain-queue.js';
import { needsRedis, redisClient, redisUrl, uniqueQueue } from '../support/redis.js';

const NEW = 'export const version = () => 2;\n';
const OLD = 'export const version = () => 1;\n';

/** A program here, and a folder with another version of it. */
async function twoVersions(t: TestContext) {
  const { module, file } = await importText(t, 'version.mjs', NEW);
  const old = writeModules(t, { 'version.mjs': OLD });
  return { version: module['version'] as () => number, root: join(file, '..'), old };
}

suite('a host with other code', { skip: needsRedis }, () => {
  test('leaves its calls to one that has the right one', async (t) => {
    const queue = uniqueQueue(t);
    const { version, root, old } = await twoVersions(t);
    const forgotten = await startHost(t, { queue, args: ['--root', old] });
    await startHost(t, { queue, args: ['--root', root] });
    const cluster = makeCluster(t, { queue, root });
    const values = await Promise.all(Array.from({ length: 40 }, () => cluster.submit(version)));
    assert.deepEqual(new Set(values), new Set([2]));
    assert.equal(forgotten.count('call-refused'), 0);
  });

  test('fails them at once if it is alone', async (t) => {
    const queue = uniqueQueue(t);
    const { version, root, old } = await twoVersions(t);
    const host = await startHost(t, { queue, args: ['--root', old] });
    const cluster = makeCluster(t, { queue, root });
    await assert.rejects(cluster.submit(version).result(), CodeMismatchError);
    assert.equal(host.count('call-passed-on'), 0);
  });

  test('fails them when nobody has had the right one for as long as was asked', async (t) => {
    const queue = uniqueQueue(t);
    const { version, root, old } = await twoVersions(t);
    const hosts = [1, 2].map(() => startHost(t, { queue, args: ['--root', old] }));
    const [first, second] = await Promise.all(hosts);
    const cluster = makeCluster(t, { queue, root, attempts: 3, mismatchPatience: 300 });
    await assert.rejects(cluster.submit(version).result(), CodeMismatchError);
    const count = (kind: 'call-refused' | 'call-passed-on'): number =>
      (first?.count(kind) ?? 0) + (second?.count(kind) ?? 0);
    assert.equal(count('call-refused'), 1, 'a refusal is final');
    assert.ok(count('call-passed-on') >= 1);
  });

  test('fails them at once where nobody wants to wait', async (t) => {
    const queue = uniqueQueue(t);
    const { version, root, old } = await twoVersions(t);
    const hosts = [1, 2].map(() => startHost(t, { queue, args: ['--root', old] }));
    for (const host of await Promise.all(hosts)) assert.equal(host.count('call-passed-on'), 0);
    const cluster = makeCluster(t, { queue, root, mismatchPatience: 0 });
    await assert.rejects(cluster.submit(version).result(), CodeMismatchError);
  });
});

suite('what hosts tell of themselves', { skip: needsRedis }, () => {
  test('is there as long as they are', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    assert.deepEqual(await cluster.hosts(), []);
    const host = await startHost(t, { queue, workers: 2, args: ['--name', 'b'] });
    await startHost(t, { queue, args: ['--name', 'a', '--processes'] });
    const [a, b] = await cluster.hosts();
    assert.deepEqual([a?.name, a?.kind, a?.workers], ['a', 'processes', 1]);
    assert.deepEqual([b?.name, b?.kind, b?.workers, b?.pid], ['b', 'threads', 2, host.pid]);
    assert.equal(b?.versions.node, process.versions.node);
    assert.match(b?.versions.concurrentFutures ?? '', /^\d+\.\d+\.\d+/);
    assert.ok(Math.abs(Date.now() - (b?.since.getTime() ?? 0)) < 60_000);
    host.signal('SIGTERM');
    await host.ended;
    assert.deepEqual(
      (await cluster.hosts()).map(({ name }) => name),
      ['a'],
    );
  });

  test('ends by itself with one that was killed', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    const host = await startHost(t, { queue });
    await host.kill();
    while ((await cluster.hosts()).length > 0);
    assert.equal(await redisClient(t).scard(`{cf:${queue}}:hosts`), 0);
  });

  test('is believed only if it looks like that', async (t) => {
    const queue = uniqueQueue(t);
    const cluster = makeCluster(t, { queue });
    const redis = redisClient(t);
    await redis.sadd(`{cf:${queue}}:hosts`, 'x', 'y', 'z');
    await redis.set(`{cf:${queue}}:host:x:record`, '{"name":"x","pid":-1}');
    await redis.set(`{cf:${queue}}:host:y:record`, 'no JSON');
    assert.deepEqual(await cluster.hosts(), []);
  });

  test('with a secret, only if it is signed', async (t) => {
    const queue = uniqueQueue(t);
    const secret = 'a secret of twenty-four bytes';
    await startHost(t, { queue, env: { CF_SECRET: secret } });
    assert.equal((await makeCluster(t, { queue, secret }).hosts()).length, 1);
    const other = makeCluster(t, { queue, secret: `${secret}!` });
    assert.deepEqual(await other.hosts(), []);
  });

  test('is what BullMQ lists, too', async (t) => {
    const queue = uniqueQueue(t);
    await startHost(t, { queue, args: ['--name', 'listed'] });
    const own = plainQueue(t, queue);
    // The name is given to a connection that is made beside the start.
    const isListed = async (): Promise<boolean> =>
      (await own.getWorkers()).some(({ rawname }) => rawname?.endsWith(':w:listed') === true);
    while (!(await isListed()));
    assert.equal((await own.getWorkers()).length, 1);
  });

  for (const [args, told] of [
    [[], /^NAME .*\nthe-one +\S+ +\d+ +1 threads +0 +/],
    [['--json'], /^\{"name":"the-one",/],
  ] as const) {
    test(`is printed by a command ${args.join(' ')}`, async (t) => {
      const queue = uniqueQueue(t);
      await startHost(t, { queue, args: ['--name', 'the-one'] });
      const where = ['--redis', redisUrl(), '--queue', queue];
      const { code, stdout } = await new HostProcess(t, ['hosts', ...where, ...args]).ended;
      assert.equal(code, 0);
      assert.match(stdout, told);
    });
  }

  test('is nothing where there is no host', async (t) => {
    const where = ['--redis', redisUrl(), '--queue', uniqueQueue(t)];
    const { code, stdout } = await new HostProcess(t, ['hosts', ...where]).ended;
    assert.deepEqual([code, stdout], [0, 'No host serves this queue.\n']);
  });
});

suite('workers of a host', { skip: needsRedis }, () => {
  test('are replaced after so many calls', async (t) => {
    const queue = uniqueQueue(t);
    await startHost(t, { queue, args: ['--processes', '--max-tasks-per-child', '2'] });
    const cluster = makeCluster(t, { queue });
    const pids: number[] = [];
    for (let i = 0; i < 5; i++) pids.push(await cluster.submit(hostPid));
    assert.equal(new Set(pids).size, 3);
  });

  test('run an initializer before their first call', async (t) => {
    const queue = uniqueQueue(t);
    const root = writeModules(t, {
      'setup.mjs': 'export const begin = () => { globalThis.begun = 7; };\n',
      'read.mjs': 'export const read = () => globalThis.begun;\n',
    });
    await startHost(t, { queue, args: ['--root', root, '--initializer', 'setup.mjs#begin'] });
    const cluster = makeCluster(t, { queue, root });
    const { read } = cluster.module<{ read(): number }>(new URL(`file://${root}/read.mjs`));
    assert.equal(await read(), 7);
  });

  test('that can not be set up end it, and its call is run by another host', async (t) => {
    const queue = uniqueQueue(t);
    const root = writeModules(t, {
      'setup.mjs': 'export const begin = () => { throw new Error("no database"); };\n',
    });
    const args = ['--root', root, '--initializer', 'setup.mjs#begin'];
    const host = await startHost(t, { queue, args });
    const call = makeCluster(t, { queue }).submit(add, 1, 2);
    const { code, stderr } = await host.ended;
    assert.equal(code, 5);
    assert.match(stderr, /no database/);
    assert.match((await host.when('stopped')).error ?? '', /initializer .* failed/);
    await startHost(t, { queue });
    assert.equal(await call, 3);
  });

  for (const args of [
    ['--initializer', 'nowhere.mjs#x'],
    ['--initializer', 'setup'],
    ['--max-tasks-per-child', '0'],
    ['--memory', '100', '--processes'],
    ['--memory', 'much'],
    ['--memory', '0'],
  ]) {
    test(`are not started with ${args.join(' ')}`, async (t) => {
      const all = ['host', '--redis', redisUrl(), '--queue', uniqueQueue(t), ...args];
      const { code, stderr } = await new HostProcess(t, all).ended;
      assert.equal(code, 2);
      assert.match(stderr, /^\S+ must be /);
    });
  }
});
