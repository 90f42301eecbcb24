/** What a record has to look like. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { checkCall, FORMAT } from '#dist/cluster/call-format.js';
import { count, every, exact, text } from '#dist/cluster/schema.js';

function nested(depth: number): unknown {
  return JSON.parse('['.repeat(depth) + ']'.repeat(depth));
}

suite('a value that JSON writes as it was read', () => {
  for (const given of ['null', '0', '"-0"', '[1,[2,{"a":[]}]]', '{"__proto__":1}', '1e300', '[]'])
    test(`is ${given}`, () => {
      assert.equal(exact(JSON.parse(given), 'x'), undefined);
    });

  for (const given of ['-0', '1e999', '[-1e999]', '{"a":{"b":[1,-0]}}', '[[],[1e999]]'])
    test(`is not ${given}`, () => {
      assert.match(exact(JSON.parse(given), 'x') ?? '', /x has a number that JSON has not/);
    });

  test('is none that is nested deep', () => {
    assert.equal(exact(nested(90), 'x'), undefined);
    assert.match(exact(nested(200_000), 'x') ?? '', /nested too deep/);
  });
});

test('all of several checks have to let it through', () => {
  const check = every(text, exact);
  assert.equal(check('x', 'a'), undefined);
  assert.equal(check(1, 'a'), 'a is no text');
});

test('a count is not below nothing, and not nothing from below', () => {
  assert.equal(count(0, 5)(0, 'a'), undefined);
  assert.match(count(0, 5)(-0, 'a') ?? '', /no whole number/);
});

test('values in records are checked so, in whichever form', () => {
  const source = { global: ['Math', 'max'] };
  for (const value of ['"json":[-0]', '"table":[[0],["a",-0]]', '"table":[1e999]'])
    assert.throws(
      () => checkCall(JSON.parse(`{"cf":${FORMAT},"source":${JSON.stringify(source)},${value}}`)),
      { code: 'ERR_FORMAT' },
    );
});
