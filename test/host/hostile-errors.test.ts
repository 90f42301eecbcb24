/** Errors that throw when they are looked at, on their way through a host. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { TimeoutError } from 'concurrent-futures';
import { ClusterExecutor, serveCluster } from 'concurrent-futures/cluster';
import { throwHostile } from '../fixtures/unsendable-errors.js';
import { closeAfter } from '../support/held.js';
import { needsRedis, redisUrl, uniqueQueue } from '../support/redis.js';

/** Only turns what never ends into a failure. */
const LIMIT = 5_000;

suite('an error that is hard to look at', { skip: needsRedis }, () => {
  for (const how of [
    'a proxy of an error',
    'an error below a proxy',
    'an error of an evil class',
    'an error with evil getters',
  ]) {
    // Unforeseen on the host, it gave the call back to the queue, again and again.
    test(`${how} fails its call, and no other`, async (t) => {
      const [connection, queue] = [redisUrl(), uniqueQueue(t)];
      const host = await serveCluster({ connection, queue, workers: 1 });
      t.after(() => host.close());
      const cluster = closeAfter(t, new ClusterExecutor({ connection, queue }));
      const hostile = cluster.with({ timeout: LIMIT }).submit(throwHostile, how);
      assert.equal(await cluster.submit(Math.max, 1, 2), 2);
      const error = await hostile.exception();
      assert.ok(!(error instanceof TimeoutError), 'it was never settled');
      const { completed, failed } = cluster.stats();
      assert.deepEqual({ completed, failed }, { completed: 1, failed: 1 });
    });
  }
});
