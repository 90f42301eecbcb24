/** What counts as a promise. */
/* oxlint-disable unicorn/no-thenable -- thenables are what this is about */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isThenable } from '#dist/util/thenable.js';

test('objects and functions with a then method are thenable, nothing else is', () => {
  const callable = Object.assign(() => {}, { then() {} });
  for (const value of [Promise.resolve(), { then() {} }, callable, Object.create({ then() {} })]) {
    assert.equal(isThenable(value), true);
  }
  for (const value of [undefined, null, 0, 'then', {}, { then: true }, () => {}, Symbol.iterator]) {
    assert.equal(isThenable(value), false);
  }
});

test('a then that throws when it is read does so to the caller', () => {
  const trap = {
    get then(): never {
      throw new Error('read');
    },
  };
  assert.throws(() => isThenable(trap), /read/);
});
