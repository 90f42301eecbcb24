/** What looking into functions costs those who don't need it: nothing. And where it can't be done: no harm. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertCollected, runFixture } from '../support/fresh-process.js';

test('what finds functions, and what packs them, is loaded when the first one needs it', async () => {
  const { code, stdout, stderr } = await runFixture('functions/loads-what-it-needs');
  assert.equal(stderr, '');
  assert.deepEqual(stdout.trim().split('\n'), [
    'tagged: ',
    'exported: inspector, lookup.cjs',
    'closure: capture.cjs, inspector, lookup.cjs',
  ]);
  assert.equal(code, 0);
});

test('an inspector that describes functions in another way counts as none', async () => {
  const { code, stdout, stderr } = await runFixture('functions/other-inspector');
  assert.equal(stderr, '');
  const [refusal = '', results] = stdout.trim().split(/\n(?=3)/);
  assert.match(
    refusal,
    /^ERR_NOT_REACHABLE .*can't look inside functions.*task\(import\.meta\.url/s,
  );
  assert.equal(results, '3 2');
  assert.equal(code, 0);
});

test('what a closure has captured is not kept alive by having been looked at', async () => {
  await assertCollected('what-a-closure-has-captured');
});
