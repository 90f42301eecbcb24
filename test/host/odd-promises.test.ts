/** Promises of tasks that answer in a way of their own. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ClusterExecutor, serveCluster } from 'concurrent-futures/cluster';
import { promiseWithOwnThen } from '../fixtures/unruly-tasks.js';
import { closeAfter } from '../support/held.js';
import { needsRedis, redisUrl, uniqueQueue } from '../support/redis.js';

suite('the promise of a task', { skip: needsRedis }, () => {
  test('is asked for its value as await does, and not by a then of its own', async (t) => {
    const [connection, queue] = [redisUrl(), uniqueQueue(t)];
    const host = await serveCluster({ connection, queue, workers: 1 });
    t.after(() => host.close());
    const cluster = closeAfter(t, new ClusterExecutor({ connection, queue }));
    // When the function is imported for the first time, and when it is there.
    for (const text of ['first', 'second', 'third'])
      assert.equal(await cluster.submit(promiseWithOwnThen, text), text);
  });
});
