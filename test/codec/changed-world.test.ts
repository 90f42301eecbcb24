/** What a task, or a library, has done to the objects that all code shares changes no value and no error. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { runFixture } from '../support/child.ts';

test('every method of the language patched, every global gone', async () => {
  const { stderr, stdout } = await runFixture('changed-world', ['patched']);
  assert.equal(stdout, 'ok', stderr);
});

suite('a property of Object.prototype', () => {
  const polluted: readonly (readonly [string, string])[] = [
    ['foo', '1'],
    ['id', '{"other":true}'],
    ['get', '1'],
    ['set', '1'],
    ['value', '"v"'],
    ['writable', 'false'],
    ['cause', '1'],
    ['error', '0'],
    ['errors', '[1]'],
    ['flat', '{}'],
    ['then', 'getter'],
    ['filename', '1'],
    ['0', '1'],
  ];
  for (const [key, json] of polluted) {
    test(`${key} is nobody's own`, async () => {
      const { stderr, stdout } = await runFixture('changed-world', [key, json]);
      assert.equal(stdout, 'ok', stderr);
    });
  }
});

test('thrown errors have their classes where intrinsics are frozen', async () => {
  const { stderr, stdout } = await runFixture(
    'frozen-intrinsics',
    ['run'],
    ['--frozen-intrinsics'],
  );
  const all = JSON.stringify(new Array<boolean>(9).fill(true));
  assert.equal(stdout, `${all}\n${all}\n`, stderr);
});
