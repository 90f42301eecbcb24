/** Values through JSON: what comes out is what `structuredClone` would have made, whichever way was taken. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import type { WireValue } from '#dist/cluster/call-format.js';
import {
  fromWire,
  isDenseList,
  writtenSize,
  toBlob,
  toWire,
  writeValue,
} from '#dist/cluster/wire-value.js';
import { value } from '../support/arbitrary-values.js';
import { identities } from '../support/identity.js';

/** Whose bytes are at hand. */
const parcel = { key: 'a:b', size: 0, sha256: '' };

function throughRedis(wire: WireValue): WireValue {
  return JSON.parse(JSON.stringify(wire)) as WireValue;
}

test('any value comes back as structuredClone makes it', () => {
  fc.assert(
    fc.property(value, (each) => {
      const expected: unknown = structuredClone(each);
      const written = writeValue(each);
      const inRecord = fromWire(throughRedis(toWire(each)));
      const inKey = fromWire({ parcel }, [], toBlob(written));
      for (const actual of [inRecord, inKey]) {
        assert.deepStrictEqual(actual, expected);
        assert.deepEqual(identities(actual), identities(expected));
      }
    }),
    { numRuns: 3000 },
  );
});

test('what JSON keeps travels as JSON', () => {
  const plain = [1, 'é\ud800', true, null, { a: [{}, []], 'b c': 0.1 }];
  assert.deepEqual(throughRedis(toWire(plain)), { json: plain });
});

suite('what JSON would change travels as a table', () => {
  const shared = {};
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  const withHole = [1, 2, 3];
  Reflect.deleteProperty(withHole, 1);
  const cases: readonly (readonly [string, unknown])[] = [
    ['undefined in a list', [undefined]],
    ['undefined in an object', { a: undefined }],
    ['-0', -0],
    ['NaN', Number.NaN],
    ['a bigint', 1n],
    ['a date', new Date(0)],
    ['a map', new Map([[1, 2]])],
    ['bytes', new Uint8Array([1, 2])],
    ['one object twice', [shared, shared]],
    ['a cycle', cyclic],
    ['a list with a hole', withHole],
    ['a list with a property and a hole', Object.assign(withHole.slice(), { a: 1 })],
    ['an own __proto__', JSON.parse('{"__proto__":1}')],
  ];
  for (const [name, each] of cases) {
    test(name, () => {
      const wire = toWire(each);
      assert.ok('table' in wire && !('json' in wire));
      assert.deepStrictEqual(fromWire(throughRedis(wire)), structuredClone(each));
    });
  }
});

test('undefined takes no room', () => {
  assert.deepEqual(toWire(undefined), {});
  assert.equal(fromWire({}), undefined);
});

test('what is changed after it was submitted does not show', () => {
  const list = [{ n: 1 }];
  const wire = toWire(list);
  list[0]!.n = 2;
  list.push({ n: 3 });
  assert.deepEqual(fromWire(wire), [{ n: 1 }]);
});

test('a getter is asked once, and what it throws is thrown', () => {
  let asked = 0;
  const counter = {
    get n(): number {
      return ++asked;
    },
  };
  assert.deepEqual(fromWire(toWire(counter)), { n: 1 });
  assert.equal(asked, 1);
  const shy = {
    get n(): number {
      throw new RangeError('not for you');
    },
  };
  assert.throws(() => toWire(shy), RangeError);
});

test('what no clone can carry is refused, nested deep or not', () => {
  for (const each of [() => 1, [Symbol('s')], new Proxy({}, {})])
    assert.throws(() => toWire(each), { name: 'DataCloneError' });
});

test('lists of any depth that a clone can carry', () => {
  let deep: unknown = 1;
  for (let level = 0; level < 1000; level++) deep = [deep];
  assert.deepStrictEqual(fromWire(throughRedis(toWire(deep))), deep);
});

test('a list with a hole is none, also if it has a property for it', () => {
  const whole = [1, 2];
  assert.ok(isDenseList(whole) && isDenseList([]));
  for (const table of [
    [[0], ['s', 1]],
    [[0], ['s', 1, 'a', 1]],
    [[0], ['s', 2, '1', 1, 'a', 1]],
    [[0], ['s', 2, '0', 1, '1', 1, 'a', 1]],
    [[0], ['s', 2 ** 32 - 1, '4294967294', 1]],
  ])
    assert.equal(
      isDenseList(fromWire({ table } as unknown as WireValue)),
      false,
      JSON.stringify(table),
    );
});

test('the size is what it takes in Redis, in bytes', () => {
  assert.equal(writtenSize(writeValue('ä')), 4);
  assert.equal(writtenSize(writeValue(undefined)), 0);
  const size = writtenSize(writeValue(new Uint8Array(3000)));
  assert.ok(size >= 3000 && size < 3100, String(size));
});

/** A blob without buffers. */
function text(form: string): Uint8Array {
  const bytes = new TextEncoder().encode(form);
  return new Uint8Array([bytes.length, 0, 0, 0, ...bytes]);
}

suite('bytes that are no value are refused', () => {
  const cases: readonly (readonly [string, Uint8Array | undefined])[] = [
    ['none', undefined],
    ['fewer than say how long the text is', new Uint8Array(3)],
    ['a text that is longer than all', new Uint8Array([255, 255, 255, 255, 1])],
    ['no JSON', text('{')],
    ['no object', text('null')],
    ['a table that is no list', text('{"table":{"length":1e9}}')],
    ['a table of nothing', text('{"table":[]}')],
  ];
  for (const [name, blob] of cases) {
    test(name, () => {
      assert.throws(() => fromWire({ parcel }, [], blob), { code: 'ERR_FORMAT' });
    });
  }
});
