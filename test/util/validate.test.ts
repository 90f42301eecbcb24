/** Checks of arguments: what is refused, with which error, and what the message says. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import {
  checkCount,
  checkFunction,
  checkOneOf,
  checkSignal,
  checkTimeout,
  className,
  describeValue,
} from '#dist/util/validate.js';

const invalidType = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
const invalidValue = { name: 'RangeError', code: 'ERR_INVALID_ARG_VALUE' };

function neverCalled(): never {
  throw new Error('user code was run');
}

test('a timeout is a number of milliseconds from 0 to the largest timer, or Infinity', () => {
  for (const fine of [undefined, 0, -0, 0.5, 1, 2 ** 31 - 1, Infinity]) checkTimeout('t', fine);
  for (const bad of [-1, -0.001, -Infinity, NaN, 2 ** 31, 2 ** 40, Number.MAX_VALUE]) {
    assert.throws(() => checkTimeout('t', bad), invalidValue, String(bad));
  }
  for (const bad of [null, '5', '', true, 5n, {}, [], () => 5, Symbol('s'), new Date()]) {
    assert.throws(() => checkTimeout('t', bad), invalidType, inspect(bad));
  }
});

test('a count is a whole number of at least 1', () => {
  for (const fine of [undefined, 1, 2, 2 ** 40]) checkCount('n', fine);
  for (const bad of [0, -0, -1, 1.5, NaN, Infinity]) {
    assert.throws(() => checkCount('n', bad), invalidValue, String(bad));
  }
  for (const bad of [null, '1', true, 1n, [1]]) {
    assert.throws(() => checkCount('n', bad), invalidType, inspect(bad));
  }
});

test('a function, a signal, and one of several strings', () => {
  checkFunction('fn', Map);
  checkSignal('signal', undefined);
  checkSignal('signal', AbortSignal.abort());
  checkOneOf('mode', 'one', ['one', 'two']);
  for (const bad of [undefined, null, {}, 'fn']) {
    assert.throws(() => checkFunction('fn', bad), invalidType);
  }
  for (const bad of [null, {}, new AbortController(), new EventTarget(), { aborted: false }]) {
    assert.throws(() => checkSignal('signal', bad), invalidType);
  }
  for (const bad of [undefined, 'ONE', ['one'], Object('one'), 1]) {
    assert.throws(() => checkOneOf('mode', bad, ['one', 'two']), {
      ...invalidValue,
      message: /^mode must be one of 'one', 'two', but .+ was given\.$/,
    });
  }
});

test('a message names the argument, what is expected, and what was given', () => {
  assert.throws(() => checkTimeout('timeout', '5'), {
    message: /^timeout must be milliseconds from 0 to 2147483647 .*, but '5' was given\.$/,
  });
  assert.throws(() => checkFunction('initializer', null), {
    message: 'initializer must be a function, but null was given.',
  });
});

test('values of all kinds have a short description', () => {
  const described: [unknown, string][] = [
    [undefined, 'undefined'],
    [null, 'null'],
    [5, '5'],
    [5n, '5n'],
    ['text', "'text'"],
    ['x'.repeat(50), `'${'x'.repeat(37)}...'`],
    [Symbol('s'), 'Symbol(s)'],
    [checkCount, 'function checkCount'],
    [() => {}, 'an anonymous function'],
    [{}, 'an instance of Object'],
    [Object.create(null), 'an instance of Object'],
    [new Map(), 'an instance of Map'],
    [new (class extends Map {})(), 'an instance of Object'],
  ];
  for (const [value, text] of described) assert.equal(describeValue(value), text);
});

describe('describing a value runs none of its code and does not throw', () => {
  test('an object with hostile members', () => {
    const hostile = {
      get constructor(): never {
        return neverCalled();
      },
      toString: neverCalled,
      [Symbol.toPrimitive]: neverCalled,
      get [Symbol.toStringTag](): never {
        return neverCalled();
      },
    };
    assert.equal(describeValue(hostile), 'an instance of Object');
    assert.equal(describeValue(Object.create(hostile)), 'an instance of Object');
  });

  test('a class whose name is computed', () => {
    class Computed {
      readonly value = 1;
      static get name(): never {
        return neverCalled();
      }
    }
    assert.doesNotThrow(() => describeValue(Computed));
    assert.doesNotThrow(() => className(new Computed()));
  });

  test('a class whose name is no string', () => {
    class Named {
      readonly value = 1;
      static readonly name = Symbol('name') as unknown as string;
    }
    assert.doesNotThrow(() => describeValue(Named));
    assert.doesNotThrow(() => describeValue(new Named()));
  });

  test('a proxy', () => {
    const proxy = new Proxy({}, { getPrototypeOf: neverCalled });
    assert.doesNotThrow(() => describeValue(proxy));
  });
});
