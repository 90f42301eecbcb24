/** Redis Cluster: all keys of a queue have one hash tag, so that the scripts of BullMQ find them on one node. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { ClusterExecutor, serveCluster } from 'concurrent-futures/cluster';
import { Cluster } from 'ioredis';
import { add, waitAt } from '../fixtures/tasks.js';
import { closeAfter, makeGate } from '../support/held.js';
import { needsRedisServer, startRedisServer } from '../support/redis.js';

suite('on Redis Cluster', { skip: needsRedisServer }, () => {
  test('calls, a map and a cancelled call', async (t) => {
    const server = await startRedisServer(t, {
      config: ['cluster-enabled yes', 'cluster-announce-ip 127.0.0.1'],
    });
    const admin = server.client();
    await admin.cluster('ADDSLOTSRANGE', 0, 16383);
    while (!(await admin.cluster('INFO')).includes('cluster_state:ok'));

    const connection = new Cluster([{ host: '127.0.0.1', port: server.port }]);
    t.after(() => connection.disconnect());
    await once(connection, 'ready');
    const host = await serveCluster({ connection, queue: 'q', workers: 1 });
    t.after(() => host.close());
    const cluster = new ClusterExecutor({ connection, queue: 'q' });
    closeAfter(t, cluster);

    assert.deepEqual(await cluster.map(add, [1, 2, 3], [4, 5, 6]).toArray(), [5, 7, 9]);
    const gate = makeGate(t);
    const first = cluster.submit(waitAt, gate.address, 'first');
    await gate.whenArrived(1);
    const second = cluster.submit(add, 1, 1);
    assert.equal(await second.cancelConfirmed(), true);
    assert.equal(await first.cancelConfirmed(), false);
    gate.open();
    assert.equal(await first, 'first');
  });
});
