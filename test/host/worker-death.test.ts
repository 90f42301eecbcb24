/** What is said of a call that takes its worker along. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ClusterExecutor, type HostEvent, serveCluster } from 'concurrent-futures/cluster';
import { exitWith } from '../fixtures/crashing-tasks.js';
import { closeAfter } from '../support/held.js';
import { needsRedis, redisUrl, uniqueQueue } from '../support/redis.js';

suite("a worker's death", { skip: needsRedis }, () => {
  test('is told with the name of the task that ran, to the submitter and in the log', async (t) => {
    const connection = redisUrl();
    const queue = uniqueQueue(t);
    const events: HostEvent[] = [];
    const onEvent = (event: HostEvent): void => void events.push(event);
    const host = await serveCluster({ connection, queue, workers: 1, name: 'a', onEvent });
    t.after(() => host.close());
    const cluster = closeAfter(
      t,
      new ClusterExecutor({ connection, queue, onWorkerDeath: 'fail' }),
    );
    const message = 'Worker a_0 ended with exit code 3 while it ran exitWith.';
    await assert.rejects(cluster.submit(exitWith, 3).result(), {
      name: 'BrokenCluster',
      code: 'ERR_WORKER_DIED',
      message,
      task: 'exitWith',
      worker: 'a_0',
      exitCode: 3,
    });
    const deaths = events.flatMap((each) => (each.event === 'worker-died' ? [each.reason] : []));
    assert.deepEqual(deaths, [message]);
  });
});
