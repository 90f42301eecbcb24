/** Which node of a Redis Cluster has a queue is worked out here, as the nodes do it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashSlotOf } from '#dist/cluster/queue-node.js';

test('slots are those of Redis Cluster, whatever the tag is written in', () => {
  assert.deepEqual(
    ['123456789', 'foo', '', 'cf:q', 'cf:bücher'].map(hashSlotOf),
    [12_739, 12_182, 0, 12_077, 4_903],
  );
});
