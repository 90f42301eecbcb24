/** Redis Cluster: all keys of a queue have one hash tag, so that the scripts of BullMQ find them on one node. */
import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { ClusterExecutor } from 'concurrent-futures/cluster';
import { Cluster } from 'ioredis';
import { lengthOf, manyBytes, untilAborted } from '../fixtures/cluster-tasks.js';
import { add, echo, waitAt } from '../fixtures/tasks.js';
import { assertSettledOnce, assertSettledOrLost, submitMany } from '../support/bursts.js';
import { makeGate } from '../support/held.js';
import { type HostHere, makeCluster, serveHere, whenStored } from '../support/hosts.js';
import { needsRedisServer, startRedisServer } from '../support/redis.js';
import { startRedisCluster, type TestRedisCluster } from '../support/redis-cluster.js';

const queue = 'q';
/** Bytes that are not kept in the record of a job. */
const LARGE = 200_000;
/** Of a burst of 400, what may have been acknowledged and not been sent to the replica yet. */
const MOST_LOST = 20;

suite('on Redis Cluster', { skip: needsRedisServer, concurrency: 2 }, () => {
  test('everything works that does on one server, whatever the client is set up for', async (t) => {
    const redis = await startRedisCluster(t);
    const { replica } = await redis.nodesOf(queue);
    // It is never asked: what a replica says is late.
    await replica?.pause();
    const connection = redis.client({ scaleReads: 'slave', maxRedirections: 1 });
    const { cluster, hosts } = await startPrograms(t, connection);
    await assertAllWorks(t, cluster, hosts);
    await assertSettledOnce(submitMany((item) => cluster.submit(echo, item), 200));
    assert.deepEqual(await cluster.map(add, [1, 2, 3], [4, 5, 6]).toArray(), [5, 7, 9]);
  });

  test('a replica takes over in agreement with its master: nothing is lost', async (t) => {
    const redis = await startRedisCluster(t);
    const { cluster, hosts } = await startPrograms(t, redis.client());
    const { replica } = await redis.nodesOf(queue);
    assert.ok(replica !== undefined);
    const burst = submitMany((item) => cluster.submit(echo, item), 400);
    await burst.calls[20];
    await replica.admin.cluster('FAILOVER');
    await redis.whenPromoted(replica);
    await assertSettledOnce(burst);
    await assertAllWorks(t, cluster, hosts);
  });

  test('the master of the queue is killed: every call settles, and its replica is gone on with', async (t) => {
    const redis = await startRedisCluster(t);
    const { cluster, hosts } = await startPrograms(t, redis.client());
    const { master } = await redis.nodesOf(queue);
    const burst = submitMany((item) => cluster.submit(echo, item), 400);
    await burst.calls[20];
    await master.kill();
    const during = submitMany((item) => cluster.submit(echo, item), 50);
    assert.ok((await assertSettledOrLost(burst)) <= MOST_LOST);
    await assertSettledOnce(during);
    await assertAllWorks(t, cluster, hosts);
    for (const { events } of hosts)
      assert.deepEqual(
        events.map(({ event }) => event).filter((event) => event.startsWith('connection')),
        ['connection-lost', 'connection-back'],
      );
  });

  test('what the replica had not been sent is lost: that call fails, and no other', async (t) => {
    const redis = await startRedisCluster(t);
    const connection = redis.client();
    const cluster = makeCluster(t, { connection, queue });
    const { master, replica } = await redis.nodesOf(queue);
    assert.ok(replica !== undefined);
    const kept = cluster.submit(echo, 'kept');
    await whenStored(master.admin, queue, [kept]);
    await replica.admin.readonly();
    await whenStored(replica.admin, queue, [kept]);
    await replica.pause();
    await master.admin.call('CLIENT', 'KILL', 'TYPE', 'replica');
    const lost = cluster.submit(echo, 'lost');
    await whenStored(master.admin, queue, [lost]);
    await master.kill();
    replica.resume();
    await assert.rejects(lost, { code: 'ERR_UNKNOWN_CALL', message: /Redis has lost it/ });
    await serveHere(t, { connection, queue });
    assert.equal(await kept, 'kept');
  });

  test('a master that has nothing of the queue is killed: nobody takes notice', async (t) => {
    const config = ['cluster-require-full-coverage no'];
    const redis = await startRedisCluster(t, { replicas: 0, config });
    const { cluster, hosts } = await startPrograms(t, redis.client());
    const { master, other } = await redis.nodesOf(queue);
    const burst = submitMany((item) => cluster.submit(echo, item), 400);
    await burst.calls[20];
    await other.kill();
    await assertSettledOnce(burst);
    await redis.whenFailed(other, master);
    await assertAllWorks(t, cluster, hosts);
    for (const { events } of hosts)
      assert.deepEqual(
        events.map(({ event }) => event),
        ['started'],
      );
  });

  test('a user needs the rights that the guide lists, and no others', async (t) => {
    const redis = await startRedisCluster(t, { replicas: 0 });
    const rights = `~{cf:${queue}}:* &{cf:${queue}}:* -@all +@read +@write +@connection +@pubsub +@scripting +@transaction +info +time`;
    const user = { username: 'somebody', password: 'secret' };
    for (const { admin } of redis.masters) {
      const [name, ...rules] = [user.username, 'on', `>${user.password}`, ...rights.split(' ')];
      await admin.acl('SETUSER', name, ...rules, '+cluster|slots');
    }
    const [first] = redis.masters;
    const connection = new Cluster([{ host: '127.0.0.1', port: first?.port ?? 0 }], {
      lazyConnect: true,
      redisOptions: user,
    });
    const { cluster, hosts } = await startPrograms(t, connection);
    await assertAllWorks(t, cluster, hosts);
  });

  test('what is wrong with a connection is said, and what to do', async (t) => {
    const redis = await startRedisCluster(t, { replicas: 0 });
    const { master, other } = await redis.nodesOf(queue);
    await refused(t, other.url, /MOVED .* pass a Cluster client/);
    const alone = await startRedisServer(t);
    await refused(t, clusterAt(alone.port), /cluster support disabled.* pass its URL/);
    await master.admin.config('SET', 'requirepass', 'secret');
    await refused(
      t,
      new Cluster([{ host: '127.0.0.1', port: master.port }], {
        lazyConnect: true,
        redisOptions: { password: 'wrong' },
      }),
      /WRONGPASS.* Check user name and password/,
    );
    const empty = await startRedisServer(t, {
      config: ['cluster-enabled yes', 'cluster-announce-ip 127.0.0.1'],
    });
    await empty.client().cluster('ADDSLOTSRANGE', 0, 1);
    await refused(t, clusterAt(empty.port), /CLUSTERDOWN.* have no master/);
    await alone.kill();
    await refused(
      t,
      clusterAt(alone.port),
      /the Redis Cluster of 127\.0\.0\.1:\d+: none of its nodes.* Start a server/,
    );
  });
});

function clusterAt(port: number): Cluster {
  return new Cluster([{ host: '127.0.0.1', port }], { lazyConnect: true });
}

async function refused(
  t: TestContext,
  connection: Cluster | string,
  expected: RegExp,
): Promise<void> {
  const cluster = makeCluster(t, { connection, queue, connectTimeout: 1_500 });
  await assert.rejects(cluster.submit(add, 1, 1), (error: NodeJS.ErrnoException) => {
    assert.equal(error.code, 'ERR_CONNECTION');
    assert.match(error.message, expected);
    return true;
  });
}

interface Programs {
  readonly cluster: ClusterExecutor;
  readonly hosts: readonly HostHere[];
}

/** A submitter, and two hosts. */
async function startPrograms(
  t: TestContext,
  connection: ReturnType<TestRedisCluster['client']>,
): Promise<Programs> {
  const hosts = [
    await serveHere(t, { connection, queue }),
    await serveHere(t, { connection, queue }),
  ];
  return { cluster: makeCluster(t, { connection, queue }), hosts };
}

/** Values in keys of their own, messages to hosts, and what hosts tell of themselves. */
async function assertAllWorks(
  t: TestContext,
  cluster: ClusterExecutor,
  hosts: readonly HostHere[],
): Promise<void> {
  assert.equal(await cluster.submit(lengthOf, new Uint8Array(LARGE)), LARGE);
  assert.equal((await cluster.submit(manyBytes, LARGE)).length, LARGE);
  const gate = makeGate(t);
  const running = cluster.submit(untilAborted, gate.address);
  const other = cluster.submit(waitAt, gate.address, 'other');
  await gate.whenArrived(2);
  const waiting = cluster.submit(add, 1, 1);
  assert.equal(await waiting.cancelConfirmed(), true);
  assert.equal(await running.cancelConfirmed('enough'), false);
  assert.equal(await running, 'enough');
  gate.open();
  assert.equal(await other, 'other');
  assert.deepEqual(
    (await cluster.hosts()).map(({ name }) => name),
    hosts.map(({ host }) => host.name).toSorted(),
  );
}
