/** Values as data: what is read is what `structuredClone` would have made, and more of errors; and nothing else can be said. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { registerErrorClass } from 'concurrent-futures';
import { BrokenCluster } from 'concurrent-futures/cluster';
import { readData } from '#dist/codec/data-reader.js';
import { writeData } from '#dist/codec/data-writer.js';
import { value } from '../support/arbitrary-values.js';
import { identities } from '../support/identity.js';

class PaymentError extends Error {
  override name = 'PaymentError';
  readonly amount: number;

  constructor(amount: number) {
    super(`${amount} is too much`);
    this.amount = amount;
  }
}
registerErrorClass(PaymentError, 'data.PaymentError');

function through(each: unknown): unknown {
  const { table, bytes } = writeData(each);
  return readData(JSON.parse(JSON.stringify(table)), Buffer.concat(bytes));
}

function isUncloneable(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'DataCloneError';
}

suite('what is written', () => {
  test('comes back as structuredClone makes it', () => {
    fc.assert(
      fc.property(value, (each) => {
        const expected: unknown = structuredClone(each);
        const actual = through(each);
        assert.deepStrictEqual(actual, expected);
        assert.deepEqual(identities(actual), identities(expected));
      }),
      { numRuns: 3000 },
    );
  });

  test('may be nested deeper than any stack', () => {
    let deep: unknown[] = [];
    for (let i = 0; i < 200_000; i++) deep = [deep];
    let depth = 0;
    for (let each = through(deep) as unknown[]; each.length > 0; each = each[0] as unknown[])
      depth++;
    assert.equal(depth, 200_000);
  });

  test('keeps what structuredClone keeps of objects that stand for primitives', () => {
    for (const each of [1, -0, Number.NaN, 'a', '', true, false, 1n, -(2n ** 70n)]) {
      const wrapped: unknown = Object(each);
      assert.deepStrictEqual(through(wrapped), structuredClone(wrapped));
    }
    assert.throws(() => writeData(Object(Symbol('s'))), isUncloneable);
  });

  test('is of small buffers of Node their own part only', () => {
    const small = Buffer.from('seen');
    Buffer.from('secret');
    const { bytes } = writeData([small, small]);
    assert.equal(Buffer.concat(bytes).toString(), 'seen');
    const [first, second] = through([small, small]) as Uint8Array[];
    assert.deepEqual(first, new Uint8Array(small));
    assert.equal(first, second);
  });

  test('keeps views of one buffer together', () => {
    const buffer = new ArrayBuffer(16);
    const [bytes, numbers] = through([
      new Uint8Array(buffer, 1, 2),
      new Float64Array(buffer, 8),
    ]) as [Uint8Array, Float64Array];
    assert.equal(bytes.buffer, numbers.buffer);
    assert.deepEqual([bytes.byteOffset, bytes.length, numbers.byteOffset], [1, 2, 8]);
  });

  test('is refused where structuredClone refuses it, or makes nothing of it', () => {
    const detached = new ArrayBuffer(1);
    structuredClone(detached, { transfer: [detached] });
    const refused: unknown[] = [
      () => 1,
      Symbol('s'),
      new Proxy({}, {}),
      Promise.resolve(1),
      [undefined, Promise.resolve(1)],
      new WeakMap(),
      new WeakSet(),
      (function* (): Generator<number> {})(),
      new SharedArrayBuffer(1),
      new Uint8Array(new SharedArrayBuffer(1)),
      detached,
      new Blob([]),
      new URL('a:b'),
    ];
    for (const each of refused) assert.throws(() => writeData([each]), isUncloneable);
  });
});

suite('an error', () => {
  test('keeps its class, its properties and what it was caused by', () => {
    const error = Object.assign(new PaymentError(7), {
      cause: new RangeError('b'),
      at: new Date(0),
    });
    const [back, same] = through([error, error]) as PaymentError[];
    assert.ok(back instanceof PaymentError);
    assert.equal(back, same);
    assert.ok(back.cause instanceof RangeError);
    assert.deepEqual(
      { name: back.name, message: back.message, amount: back.amount, stack: back.stack },
      { name: 'PaymentError', message: '7 is too much', amount: 7, stack: error.stack },
    );
  });

  test('may be its own cause, be one of several, and be of the platform', () => {
    const circle = new Error('a');
    circle.cause = circle;
    const several = new AggregateError([circle], 'm');
    const [back, abort] = through([several, new DOMException('no', 'AbortError')]) as [
      AggregateError,
      DOMException,
    ];
    const [inner] = back.errors as Error[];
    assert.equal(inner?.cause, inner);
    assert.ok(abort instanceof DOMException);
    assert.deepEqual([abort.name, abort.message, abort.code], ['AbortError', 'no', 20]);
  });

  test('is written whatever its properties are', () => {
    const hostile = Object.assign(new Error('m'), { run: () => 1, list: [1, Symbol('s')] });
    Object.defineProperty(hostile, 'trap', {
      enumerable: true,
      get: () => assert.fail('it is not to be looked at'),
    });
    const back = through(hostile) as Error & Record<string, unknown>;
    assert.equal(back.message, 'm');
    assert.equal(back['run'], '[Function: run]');
    assert.equal(back['list'], '[ 1, Symbol(s) ]');
  });

  test('takes time in proportion, however errors and objects are nested in each other', () => {
    let error = new Error('0');
    for (let i = 1; i < 1000; i++) error = Object.assign(new Error(`${i}`), { details: { error } });
    assert.equal((through(error) as Error).message, '999');
  });
});

suite('a function', () => {
  test('is one that the reader was given, by number', () => {
    const known = [Math.max, Math.min];
    const { table, bytes } = writeData([Math.min, Math.max, Math.min], (fn) =>
      known.indexOf(fn as typeof Math.max),
    );
    assert.equal(bytes.length, 0);
    assert.deepEqual(readData(table, new Uint8Array(), known), [Math.min, Math.max, Math.min]);
  });
});

suite('a table that no writer has made is refused', () => {
  const cases: Readonly<Record<string, unknown>> = {
    'no list': {},
    'an empty one': [],
    'an object as an item': [{}],
    'an item of no node': [[0]],
    'an item of a fraction': [[0.5], ['o']],
    'an item of two numbers': [[0, 0], ['o']],
    'an item without a number': [[], ['o']],
    'an item of another kind': [[-6]],
    'a node that is no list': [[0], 'o'],
    'an unknown kind': [[0], ['x']],
    'a kind that every object has': [[0], ['constructor']],
    'a kind that is no text': [[0], [['o']]],
    'a key that is no text': [[0], ['o', 1, 1]],
    'a key without a value': [[0], ['o', 'a']],
    'a length that is none': [[0], ['s', -1]],
    'a length beyond all arrays': [[0], ['s', 2 ** 32]],
    'an item beyond the length': [[0], ['s', 1, '1', 5]],
    'a length twice': [[0], ['s', 1, 'length', 5]],
    'a map of a key': [[0], ['m', 1]],
    'a date that is a text': [[0], ['d', '1970']],
    'a pattern that is none': [[0], ['r', '(', '']],
    'flags that are none': [[0], ['r', 'a', 'xx']],
    'digits that are none': [[0], ['i', '0x1']],
    'no digits': [[0], ['i', '']],
    'digits as a list': [[0], ['i', ['1']]],
    'an object of nothing': [[0], ['w', null]],
    'an object of an object': [[0], ['w', [0]]],
    'a buffer without bytes': [[0], ['b', 1]],
    'a buffer of less than nothing': [[0], ['b', -1]],
    'a view of no buffer': [[0], ['v', 'Uint8Array', 1, 0, 0], ['o']],
    'a view of itself': [[0], ['v', 'Uint8Array', 0, 0, 0]],
    'a view of another class': [[0], ['v', 'Function', 1, 0, 0], ['b', 0]],
    'a view beyond its buffer': [[0], ['v', 'Uint8Array', 1, 0, 1], ['b', 0]],
    'a view of a fraction': [[0], ['v', 'Uint8Array', 1, 0.5, 0], ['b', 0]],
    'a function that was not named': [[0], ['f', 0]],
    'an error without a name': [[0], ['e', [], 1, '', '']],
    'an error without classes': [[0], ['e', {}, 'E', '', '']],
    'an error with a class of three': [[0], ['e', [['global', 'Error', 1]], 'E', '', '']],
    'an error with a second name': [[0], ['e', [], 'E', '', '', 'name', 1]],
  };
  for (const [name, table] of Object.entries(cases)) {
    test(name, () => {
      assert.throws(
        () => readData(table, new Uint8Array()),
        (error) => error instanceof BrokenCluster && error.code === 'ERR_FORMAT',
      );
    });
  }

  test('more bytes than its buffers have', () => {
    assert.throws(() => readData([null], new Uint8Array(1)), { code: 'ERR_FORMAT' });
  });
});

suite('what a table says of an object is its own', () => {
  test('names that every object has are names', () => {
    const back = readData(
      JSON.parse('[[0],["o","__proto__",[1],"constructor",1,"toString",2],["o","polluted",1]]'),
      new Uint8Array(),
    ) as object;
    assert.equal(Object.getPrototypeOf(back), Object.prototype);
    assert.deepEqual(Object.keys(back), ['__proto__', 'constructor', 'toString']);
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });

  test('a class of an error is none that lies on the global object by chance', () => {
    Object.assign(globalThis, { StrayError: class StrayError extends Error {} });
    const back = readData(
      [
        [0],
        [
          'e',
          [
            ['global', 'StrayError'],
            ['global', 'TypeError'],
          ],
          'StrayError',
          'm',
          '',
        ],
      ],
      new Uint8Array(),
    );
    assert.equal(Object.getPrototypeOf(back), TypeError.prototype);
    Reflect.deleteProperty(globalThis, 'StrayError');
  });
});

/** Items and nodes in any order, most of them right. */
const item = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.integer({ min: -7, max: 12 })) },
  fc.string({ maxLength: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(null, true, {}, [], '__proto__'),
);
const node = fc
  .tuple(
    fc.constantFrom(...Array.from('oasmtdriwWbvef'), 'Uint8Array', '__proto__'),
    fc.array(fc.oneof(item, fc.constantFrom('DataView', 'Float64Array', [['global', 'Error']]))),
  )
  .map(([kind, parts]) => [kind].concat(parts as never[]));

test('whatever a table says, it is read or refused, and changes nothing else', () => {
  const before = Reflect.ownKeys(Object.prototype);
  fc.assert(
    fc.property(item, fc.array(node, { maxLength: 12 }), fc.uint8Array(), (root, nodes, bytes) => {
      try {
        readData([root, ...nodes], bytes);
      } catch (error) {
        assert.ok(error instanceof BrokenCluster && error.code === 'ERR_FORMAT', String(error));
      }
    }),
    { numRuns: 20_000 },
  );
  assert.deepEqual(Reflect.ownKeys(Object.prototype), before);
});
