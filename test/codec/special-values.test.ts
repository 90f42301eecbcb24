/** Particular values at which a codec goes wrong, each against `structuredClone`. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { UNSUPPORTED, WRITTEN } from '#dist/codec/value-writer.js';
import { Codec } from '../support/codec.ts';
import { identities } from '../support/identity.ts';

function sparse(length: number, entries: Record<string, unknown>): unknown[] {
  return Object.assign(new Array<unknown>(length), entries);
}

const withOwnProto = JSON.parse('{"a":1,"__proto__":{"polluted":true},"b":2}') as object;
const buffer = new Uint8Array(48).map((_, i) => i).buffer;
const shared = { shared: true };
const cyclicMap = new Map<unknown, unknown>();
cyclicMap.set(cyclicMap, new Set([cyclicMap]));
const cyclicArray: unknown[] = [];
cyclicArray.push(cyclicArray, [cyclicArray]);

const cases: Record<string, unknown> = {
  'an empty array with a property': Object.assign([], { x: 1 }),
  'an array with a hole and a property': sparse(2, { 1: 'b', x: 'c' }),
  'an array with holes only': new Array<unknown>(3),
  'an array with a hole in front': sparse(2, { 1: 1 }),
  'an array with an undefined item': [undefined],
  'an array with an index too large for one': Object.assign([1], { 4294967295: 'x' }),
  'an array of 1024 items': Array.from({ length: 1024 }, (_, i) => i),
  'an array of 1025 items': Array.from({ length: 1025 }, (_, i) => i),
  'a record with its own __proto__': withOwnProto,
  'a record without a prototype': Object.assign(Object.create(null) as object, { a: 1 }),
  'a record without a prototype, with its own __proto__': Object.defineProperty(
    Object.create(null) as object,
    '__proto__',
    { value: 1, enumerable: true },
  ),
  'numeric keys between others': { b: 1, 2: 2, a: 3, 1: 4 },
  'a hidden property': Object.defineProperty({ seen: 1 }, 'hidden', { value: 2 }),
  'a symbol as key': { seen: 1, [Symbol('s')]: 2 },
  'an undefined property': { a: undefined, b: 1 },
  'an instance of a class': new (class Point {
    x = 1;
    y = 2;
  })(),
  'keys outside Latin': { ключ: 1, '\u{1F511}': 2, '\ud800': 3, '': 4 },
  'a record of 64 keys': Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`k${i}`, i])),
  'a record of 65 keys': Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, i])),
  'the same object twice': [shared, shared, { shared }],
  'the same date, buffer and view twice': ((date) => [date, date, buffer, buffer])(new Date(5)),
  'two views of one buffer': [new Uint8Array(buffer, 4, 8), new Float64Array(buffer, 8, 2)],
  'a view in front of its buffer': [new Uint8Array(buffer, 1, 3), buffer],
  'a buffer in front of its view': [buffer, new DataView(buffer, 3)],
  'a view of nothing': new Uint16Array(buffer, 4, 0),
  'a view with a property': Object.assign(new Uint8Array(2), { x: 1 }),
  'a Node buffer': Buffer.from('abc'),
  'a part of a large buffer': new Uint8Array(new ArrayBuffer(20_000), 7, 3),
  'a Map that holds itself': cyclicMap,
  'an array that holds itself': cyclicArray,
  'a Map with a property': Object.assign(new Map([[1, 2]]), { x: 1 }),
  'a Map with every kind of key': new Map<unknown, unknown>([
    [-0, 1],
    [Number.NaN, 2],
    [undefined, 3],
    [null, 4],
    [shared, shared],
    [1n, 5],
  ]),
  'a Date before the year zero': new Date(-8.64e15),
  'a Date with a property': Object.assign(new Date(5), { x: 1 }),
  'a subclass of Map': new (class Sub extends Map<number, number> {})([[1, 2]]),
  'a subclass of Array': new (class Sub extends Array<number> {})(1, 2, 3),
  'a subclass of Date': new (class Sub extends Date {})(),
  'boxed primitives': [Object(1), Object('s'), Object(true), Object(1n)],
  'a regular expression': /a(b)/gy,
  'an error': new RangeError('e', { cause: 1 }),
  'large and small bigints': [0n, -1n, 2n ** 64n, -(2n ** 200n), 10n ** 400n],
  'strings at the boundary of short ones': ['x'.repeat(40), 'x'.repeat(41), 'é'.repeat(40)],
  'strings of several encodings': [
    'é',
    '€',
    '\u{1F600}',
    '\ud83d',
    '\ude00\ud83d',
    'a\0b',
    '\x7f\x80',
  ],
  'a string of 100 000 characters': '€'.repeat(100_000),
  'nesting 60 deep': Array.from({ length: 60 }).reduce<unknown>((inner) => ({ inner }), 1),
  'nesting 500 deep': Array.from({ length: 500 }).reduce<unknown>((inner) => [inner], 1),
};

suite('written and rebuilt as a clone, or refused', () => {
  for (const [name, value] of Object.entries(cases)) {
    test(name, () => {
      const codec = new Codec();
      const expected: unknown = structuredClone(value);
      // The third time, its shape is known.
      for (let i = 0; i < 3; i++) {
        const status = codec.write(value);
        if (status === UNSUPPORTED) continue;
        assert.equal(status, WRITTEN);
        const actual = codec.read();
        assert.deepStrictEqual(actual, expected);
        assert.deepEqual(identities(actual), identities(expected));
        if (typeof actual === 'object' && actual !== null && typeof expected === 'object') {
          assert.deepEqual(Reflect.ownKeys(actual), Reflect.ownKeys(expected as object));
        }
      }
    });
  }
});

suite('everyday values do not take the slow way', () => {
  const everyday: Record<string, unknown> = {
    'an invoice': { id: 7, items: [{ sku: 'a', price: 1.5 }], paid: null, at: new Date(0) },
    bytes: new Uint8Array(100),
    'a Node buffer': Buffer.from(new Uint8Array(9000)),
    'a set of strings': new Set(['a', 'b']),
    'a map': new Map([['a', { x: 1 }]]),
    'a large array of numbers': Array.from({ length: 1000 }, (_, i) => i / 2),
    'a dictionary': Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`key ${i}`, i])),
  };
  for (const [name, value] of Object.entries(everyday)) {
    test(name, () => assert.equal(new Codec().write(value), WRITTEN));
  }
});

test('an invalid date stays one', () => {
  const codec = new Codec();
  assert.equal(codec.write(new Date(Number.NaN)), WRITTEN);
  assert.ok(Number.isNaN((codec.read() as Date).getTime()));
});

test('functions, symbols, proxies, promises and weak collections are refused', () => {
  const codec = new Codec();
  const refused = [() => 1, Symbol('s'), new Proxy({}, {}), new Proxy([], {}), Promise.resolve()];
  for (const each of [...refused, new WeakMap(), globalThis]) {
    assert.equal(codec.write(each), UNSUPPORTED);
    assert.equal(codec.write({ inside: [each] }), UNSUPPORTED);
  }
});

test('objects that only borrow a prototype are refused', () => {
  const codec = new Codec();
  for (const owner of [Map, Set, Date, ArrayBuffer, Uint8Array, DataView]) {
    const impostor = Object.create(owner.prototype as object) as object;
    let status: unknown = UNSUPPORTED;
    // Cloning reads such objects as plain ones, or throws; both are for the slow way to say.
    try {
      status = codec.write(impostor);
    } catch (error) {
      assert.fail(`${owner.name}: ${String(error)}`);
    }
    assert.equal(status, UNSUPPORTED, owner.name);
  }
});

test('an object with a polluted Object.prototype behind it is written without what is not its own', () => {
  const codec = new Codec();
  const { prototype } = Object;
  Object.defineProperty(prototype, 'polluted', { value: 1, enumerable: true, configurable: true });
  try {
    for (let i = 0; i < 3; i++) {
      assert.equal(codec.write({ a: 1, b: { c: 2 } }), WRITTEN);
      const read = codec.read() as { b: object };
      assert.deepEqual(Object.keys(read), ['a', 'b']);
      assert.deepEqual(Object.keys(read.b), ['c']);
    }
  } finally {
    Reflect.deleteProperty(prototype, 'polluted');
  }
  assert.deepEqual(codec.read(), { a: 1, b: { c: 2 } });
});

test('a setter on Object.prototype sees nothing of what is rebuilt', () => {
  const codec = new Codec();
  codec.write({ trap: 1 });
  const { prototype } = Object;
  const seen: unknown[] = [];
  Object.defineProperty(prototype, 'trap', {
    set(value) {
      seen.push(value);
    },
    configurable: true,
  });
  try {
    assert.deepEqual(Object.entries(codec.read() as object), [['trap', 1]]);
    assert.deepEqual(seen, []);
  } finally {
    Reflect.deleteProperty(prototype, 'trap');
  }
});

test('a getter is read once, and what it throws is thrown', () => {
  const codec = new Codec();
  let reads = 0;
  const status = codec.write({
    a: 1,
    get b() {
      return ++reads;
    },
  });
  if (status === WRITTEN) assert.equal((codec.read() as { b: number }).b, reads);
  const failing = {
    get b(): never {
      throw new RangeError('no');
    },
  };
  assert.throws(() => codec.write(failing), RangeError);
  assert.equal(codec.write([1]), WRITTEN);
  assert.deepEqual(codec.read(), [1]);
});
