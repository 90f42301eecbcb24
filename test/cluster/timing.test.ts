/** Calls that are to begin later, or to be over by some time. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { suite, test } from 'node:test';
import { ClusterExecutor, serveCluster } from 'concurrent-futures/cluster';
import { add } from '../fixtures/tasks.js';
import { closeAfter } from '../support/held.js';
import {
  needsRedis,
  needsRedisServer,
  redisUrl,
  startRedisServer,
  uniqueQueue,
} from '../support/redis.js';

suite('delays', { skip: needsRedisServer }, () => {
  test('an idle host waits for exactly as long as a call is to be delayed', async (t) => {
    const server = await startRedisServer(t);
    const host = await serveCluster({ connection: server.url, queue: 'q', workers: 1 });
    t.after(() => host.close());
    const cluster = closeAfter(t, new ClusterExecutor({ connection: server.url, queue: 'q' }));
    // Of every command that the server gets, a line. Not by ioredis, which may take such a line for the answer.
    const monitor = connect(server.port, '127.0.0.1').on('error', () => {});
    t.after(() => monitor.destroy());
    const waits: string[] = [];
    const lines = createInterface(monitor).on('line', (line) => {
      const [, timeout] = /"bzpopmin" "[^"]+" "([\d.]+)"/i.exec(line) ?? [];
      if (timeout !== undefined) waits.push(timeout);
    });
    monitor.write('MONITOR\r\n');
    await once(lines, 'line');
    assert.equal(await cluster.with({ delay: 1_300 }).submit(add, 1, 2), 3);
    assert.ok(
      waits.some((each) => !Number.isInteger(Number(each))),
      `it has waited for whole seconds: ${waits.join(', ')}`,
    );
  });
});

suite('timeouts', { skip: needsRedis }, () => {
  test('a call that waits when its time is over never runs, and is not said to have run', async (t) => {
    const cluster = closeAfter(
      t,
      new ClusterExecutor({ connection: redisUrl(), queue: uniqueQueue(t) }),
    );
    const future = cluster.with({ timeout: 200 }).submit(add, 1, 2);
    await assert.rejects(future.result(), {
      code: 'ERR_TIMEOUT',
      message: 'add was not over 200 ms after it was submitted; its outcome will be dropped.',
    });
    await cluster.shutdown();
    assert.deepEqual(cluster.stats().cancelled, 1);
  });
});
