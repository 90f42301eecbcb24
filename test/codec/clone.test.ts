/** Structured cloning into bytes: what comes out of them is what `structuredClone` would have made. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { cloneFromBytes, cloneToBytes } from '#dist/codec/clone.js';
import { value } from '../support/arbitrary-values.ts';
import { identities } from '../support/identity.ts';

test('any value comes back as structuredClone makes it', () => {
  fc.assert(
    fc.property(value, (each) => {
      const expected: unknown = structuredClone(each);
      const actual = cloneFromBytes(cloneToBytes(each));
      assert.deepStrictEqual(actual, expected);
      assert.deepEqual(identities(actual), identities(expected));
    }),
    { numRuns: 3000 },
  );
});

suite('besides', () => {
  class Point {
    readonly x = 1;
    // oxlint-disable-next-line class-methods-use-this
    get y(): number {
      return 2;
    }
  }
  const buffer = new ArrayBuffer(64);
  const cases: readonly (readonly [string, unknown])[] = [
    ['an instance of a class, as a plain object', new Point()],
    [
      'an error with a cause and properties',
      Object.assign(new TypeError('t', { cause: [1] }), { code: 'E' }),
    ],
    ['an AggregateError', new AggregateError([new Error('a')], 'all')],
    ['two views of one buffer', [new Uint8Array(buffer, 8, 4), new Float64Array(buffer, 8, 2)]],
    ['a part of a pooled Buffer', Buffer.from('hello')],
    ['boxed primitives', [Object(1n), Object('s'), Object(true), Object(1.5)]],
    ['a regular expression in use', Object.assign(/x/gy, { lastIndex: 3 })],
    ['a long array with holes', Object.assign(new Array<unknown>(5000), { 77: { a: 1 } })],
    ['a very long array of numbers', new Array<number>(100_000).fill(1.5)],
    ['a map of maps by maps', new Map([[new Map(), new Map([[{}, new Set([{}])]])]])],
    ['a resizable buffer', Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }])],
  ];
  for (const [name, each] of cases) {
    test(`${name} is cloned`, () => {
      const expected: unknown = structuredClone(each);
      const actual = cloneFromBytes(cloneToBytes(each));
      assert.deepStrictEqual(actual, expected);
      assert.deepEqual(identities(actual), identities(expected));
    });
  }

  test('a getter is read, and its error is passed on', () => {
    const computed = {
      get n(): number {
        return 1;
      },
    };
    assert.deepEqual(cloneFromBytes(cloneToBytes(computed)), { n: 1 });
    const failing = {
      get n(): number {
        throw new RangeError('no');
      },
    };
    assert.throws(() => cloneToBytes(failing), RangeError);
  });
});

suite('what can not leave the process is refused with the error of structuredClone', () => {
  const refused: readonly (readonly [string, unknown])[] = [
    ['a function', () => {}],
    ['a symbol', Symbol('s')],
    ['a promise', Promise.resolve()],
    ['a weak map', new WeakMap()],
    ['a proxy', new Proxy({}, {})],
    ['shared memory', new SharedArrayBuffer(8)],
    ['a view of shared memory', new Uint8Array(new SharedArrayBuffer(8))],
  ];
  for (const [name, each] of refused) {
    for (const [where, wrapped] of [
      ['', each],
      [' in an array', [[each]]],
      [' in a map', new Map([[1, each]])],
    ] as const) {
      test(`${name}${where}`, () => {
        assert.throws(() => cloneToBytes(wrapped), { name: 'DataCloneError' });
      });
    }
  }
});

test('bytes that are cut off are not taken for a value', () => {
  const bytes = cloneToBytes({ a: [1, 'two', new Uint8Array(100)] });
  for (const length of [0, 1, 2, 5, bytes.length >> 1])
    assert.throws(() => cloneFromBytes(bytes.slice(0, length)), Error);
});
