/** What an error of Redis means. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokenCluster } from 'concurrent-futures/cluster';
import { isOtherKind, isTransient } from '#dist/cluster/connection.js';

test('what a server says while it is starting passes', () => {
  assert.equal(isTransient(new Error('LOADING Redis is loading the dataset in memory')), true);
  assert.equal(isTransient(new Error('WRONGTYPE Operation against a key')), false);
});

test('what this library says of a record does not, whatever the record is called', () => {
  const text =
    'The value in the key {cf:q}:value:LOADING-ECONN:x is not the one that was put there.';
  assert.equal(isTransient(new BrokenCluster(text, { code: 'ERR_FORMAT' })), false);
});

test('a key with something else in it is told by its error', () => {
  const text = 'WRONGTYPE Operation against a key holding the wrong kind of value';
  assert.equal(isOtherKind(new Error(text)), true);
  assert.equal(isOtherKind(new Error('ECONNRESET')), false);
});
