/** What a program has put on `Object.prototype` makes no difference to how functions travel. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { runFixture } from '../support/fresh-process.ts';

const KEYS = ['foo', 'get', 'set', 'value', 'enumerable', 'writable', 'toJSON', 'then', 'global'];
const KINDS = ['number', 'function', 'accessor'];

const RIGHT = {
  plain: 1,
  other: 2,
  data: '{"most":3,"list":[1,{"deep":"x"}]}',
  accessor: 5,
  class: 21,
  bound: 6,
  imported: 'named 1',
  exported: 'named 3',
  native: 4,
  made: 12,
  method: 6,
  // Those that need nothing from outside: plain, other, imported, made, method.
  entries: 5,
};

suite('functions packed while Object.prototype has', { concurrency: 2 }, () => {
  for (const key of KEYS)
    for (const kind of KINDS)
      test(`${key}, ${kind === 'accessor' ? 'an' : 'a'} ${kind}`, async () => {
        const { code, stdout, stderr } = await runFixture('functions-under-pollution', key, kind);
        assert.equal(stderr, '');
        assert.deepEqual(JSON.parse(stdout), RIGHT);
        assert.equal(code, 0);
      });
});
