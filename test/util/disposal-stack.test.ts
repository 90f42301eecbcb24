/** Parts that are given back together. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DisposalStack } from '#dist/util/disposal-stack.js';

test('the last part is given back first, and each is waited for', async () => {
  const parts = new DisposalStack();
  const log: string[] = [];
  parts.use('first', (part) => log.push(part));
  parts.defer(async () => {
    await Promise.resolve();
    log.push('second');
  });
  assert.equal(
    parts.use('third', (part) => log.push(part)),
    'third',
  );
  await parts.dispose();
  assert.deepEqual(log, ['third', 'second', 'first']);
});

test('an error keeps no other part, and the first one is thrown', async () => {
  const parts = new DisposalStack();
  const log: string[] = [];
  parts.defer(() => log.push('first'));
  parts.defer(() => {
    throw new Error('of the second');
  });
  parts.defer(() => Promise.reject(new Error('of the third')));
  await assert.rejects(parts.dispose(), /of the third/);
  assert.deepEqual(log, ['first']);
});

test('nothing is given back twice', async () => {
  const parts = new DisposalStack();
  let count = 0;
  parts.defer(() => count++);
  await parts.dispose();
  await parts.dispose();
  assert.equal(count, 1);
});
