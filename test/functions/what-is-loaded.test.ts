/** What looking into functions costs those who don't need it: nothing. And where it can't be done: no harm. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
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

test(
  'without a descriptor left the call fails with what to do, and the next one is tried again',
  { skip: process.platform === 'win32' && 'its limit can not be set' },
  async () => {
    const fixture = fileURLToPath(new URL('../fixtures/no-descriptors-left.js', import.meta.url));
    const command = 'ulimit -n 64 && exec "$0" "$1"';
    const { stdout, stderr } = await promisify(execFile)('sh', [
      '-c',
      command,
      process.execPath,
      fixture,
    ]);
    assert.equal(stderr, '');
    const lines = stdout.trim().split('\n');
    assert.match(
      lines[0] ?? '',
      /^closure PicklingError ERR_NOT_REACHABLE Can't look into functions now: .*lookup\.cjs could not be loaded: .*EMFILE.* \(ulimit -n\).* EMFILE$/,
    );
    assert.match(lines[1] ?? '', /^imported PicklingError ERR_NOT_REACHABLE /);
    assert.deepEqual(lines.slice(-2), ['closure value', 'imported reference']);
  },
);
