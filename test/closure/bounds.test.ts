/** What is remembered of functions is bounded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFixture } from '../support/fresh-process.js';

test('ten thousand fresh closures leave nothing behind but what is bounded', async () => {
  const { code, stdout, stderr } = await runFixture('functions/many-closures');
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  const megabytes = Number(stdout);
  assert.ok(megabytes < 8, `the heaps have grown by ${megabytes} MB`);
});
