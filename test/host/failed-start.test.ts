/** A host that can't start. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveCluster } from 'concurrent-futures/cluster';
import { needsRedisServer, startRedisServer } from '../support/redis.js';

test('its name is free again', { skip: needsRedisServer }, async (t) => {
  const server = await startRedisServer(t);
  const redis = server.client();
  await redis.call('ACL', 'SETUSER', 'deaf', 'on', '>pw', '~*', '&*', '+@all', '-subscribe');
  const connection = server.url.replace('//', '//deaf:pw@');
  await assert.rejects(serveCluster({ connection, queue: 'q', name: 'host' }), /NOPERM/);
  assert.deepEqual(await redis.keys('*host*'), []);
});
