/** Texts that lie in Redis. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LONGEST_RECORD } from '#dist/cluster/call-format.js';
import { parsed } from '#dist/cluster/record-text.js';

test('a record is JSON, and no longer than one of ours may be', () => {
  assert.deepEqual(parsed('{"a":[1]}'), { a: [1] });
  assert.equal(parsed('{'), undefined);
  assert.equal(parsed(''), undefined);
  const longest = JSON.stringify('x'.repeat(LONGEST_RECORD - 2));
  assert.equal(typeof parsed(longest), 'string');
  assert.equal(parsed(`${longest} `), undefined);
});
