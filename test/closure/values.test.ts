/** Values of every kind, captured, are there what they were here. */
import assert from 'node:assert/strict';
import { createSecretKey, type KeyObject, webcrypto } from 'node:crypto';
import { after, suite, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { currentExecutor, PicklingError } from 'concurrent-futures';
import { workerBackends } from '../support/backends.js';
import { runCases } from '../support/by-value.js';

/** It has no types without those of browsers. */
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object };

const unique = Symbol('unique');

runCases('values', {
  primitives: () => {
    const list = [null, undefined, true, 'text', 1.5, -0, NaN, Infinity, 10n ** 30n] as const;
    const [a, b, c, d, e, f, g, h, i] = list;
    return [
      () => [a, b, c, d, e, Object.is(f, -0), Object.is(g, NaN), h, i],
      [null, undefined, true, 'text', 1.5, true, true, Infinity, 10n ** 30n],
    ];
  },
  'symbols: shared, of the language, and ones of their own': () => {
    const shared = Symbol.for('shared');
    const { iterator } = Symbol;
    const keyed = { [unique]: 1, [shared]: 2 };
    return [
      () => [
        shared === Symbol.for('shared'),
        iterator === Symbol.iterator,
        keyed[unique],
        keyed[shared],
        unique.description,
        Object.getOwnPropertySymbols(keyed).includes(unique),
      ],
      [true, true, 1, 2, 'unique', true],
    ];
  },
  'arrays with holes and with properties': () => {
    const holes = [1, , 3];
    const extended = Object.assign([1, 2], { extra: 'more', call: () => 1 });
    return [
      () => [1 in holes, holes.length, extended.extra, extended.call(), Array.isArray(extended)],
      [false, 3, 'more', 1, true],
    ];
  },
  'objects without a prototype, with symbols, with a property called __proto__': () => {
    const bare = Object.assign(Object.create(null) as Record<string, unknown>, { a: () => 1 });
    const odd = JSON.parse('{"__proto__": 1}') as object;
    const call = { odd, f: () => 1 };
    return [
      () => [
        Object.getPrototypeOf(bare),
        Object.keys(call.odd),
        Object.getPrototypeOf(call.odd) === Object.prototype,
      ],
      [null, ['__proto__'], true],
    ];
  },
  'an object of nothing but getters: they run there': () => {
    const lazy = {
      get thread(): string {
        return currentExecutor() === undefined ? 'here' : 'there';
      },
    };
    return [() => lazy.thread, 'there'];
  },
  'subclasses of what cloning carries keep their class and their fields': () => {
    class Day extends Date {
      zone = 'UTC';
      year(): number {
        return this.getUTCFullYear();
      }
    }
    class Bytes extends Uint8Array {
      sum(): number {
        return this.reduce((a, b) => a + b, 0);
      }
    }
    class Pattern extends RegExp {
      readonly kind = 'mine';
    }
    class Text extends String {
      loud(): string {
        return `${this.toString()}!`;
      }
    }
    const day = new Day(0);
    const bytes = new Bytes([1, 2]);
    const pattern = new Pattern('a+', 'g');
    const text = new Text('ab');
    return [
      () => [
        day.year(),
        day.zone,
        bytes.sum(),
        pattern.kind,
        pattern.flags,
        text.loud(),
        text.length,
      ],
      [1970, 'UTC', 3, 'mine', 'g', 'ab!', 2],
    ];
  },
  'a DOMException keeps what only its constructor can set': () => {
    const error = new DOMException('stop', 'AbortError');
    return [
      () => [error.name, error.message, error.code, error instanceof DOMException],
      ['AbortError', 'stop', 20, true],
    ];
  },
  'objects of another context are of the classes of the worker': () => {
    const other = runInNewContext(
      '({ list: [1], map: new Map([[1, new Date(3)]]), bytes: new Uint8Array(2), error: new TypeError("e"), f: () => 1 })',
    ) as { list: unknown; map: Map<number, unknown>; bytes: Uint8Array; error: unknown };
    return [
      () => [
        Object.getPrototypeOf(other) === Object.prototype,
        Object.getPrototypeOf(other.list) === Array.prototype,
        other.map instanceof Map && other.map.get(1) instanceof Date,
        other.bytes instanceof Uint8Array,
        other.error instanceof TypeError,
      ],
      [true, true, true, true, true],
    ];
  },
  'a class with a static member called `name`': () => {
    class Labelled {
      static readonly name = 'a label';
    }
    class Counted {
      static get size(): number {
        return 1;
      }
      static name(): string {
        return 'called';
      }
    }
    return [() => [Labelled.name, Counted.name()], ['a label', 'called']];
  },
  'getters, setters and methods': () => {
    const box = {
      hidden: 2,
      get double(): number {
        return this.hidden * 2;
      },
      set double(to: number) {
        this.hidden = to / 2;
      },
      add(n: number): number {
        return this.hidden + n;
      },
    };
    return [
      () => {
        const before = [box.double, box.add(1)];
        box.double = 10;
        return [...before, box.hidden];
      },
      [4, 3, 5],
    ];
  },
  'frozen, sealed and closed objects': () => {
    const frozen = Object.freeze({ a: [1] });
    const sealed = Object.seal({ a: 1 });
    const closed = Object.preventExtensions({ a: 1 });
    const list = Object.freeze([1, 2]);
    return [
      () => [
        Object.isFrozen(frozen),
        Object.isFrozen(frozen.a),
        Object.isSealed(sealed) && !Object.isFrozen(sealed),
        !Object.isExtensible(closed) && !Object.isSealed(closed),
        Object.isFrozen(list),
      ],
      [true, false, true, true, true],
    ];
  },
  'circles through objects, arrays, maps and functions': () => {
    const object: Record<string, unknown> = { name: 'object' };
    const list: unknown[] = [object];
    const map = new Map<unknown, unknown>([[object, list]]);
    const set = new Set<unknown>([map]);
    Object.assign(object, { list, map, set, call: () => object });
    return [
      () => [
        (object['call'] as () => unknown)() === object,
        list[0] === object,
        map.get(object) === list,
        (object['set'] as Set<unknown>).has(map),
      ],
      [true, true, true, true],
    ];
  },
  'dates and regular expressions': () => {
    const date = new Date(1000);
    const invalid = new Date(NaN);
    const pattern = /a(?<n>b)/giu;
    return [
      () => [date.getTime(), invalid.getTime(), pattern.source, pattern.flags, pattern.test('AB')],
      [1000, NaN, 'a(?<n>b)', 'giu', true],
    ];
  },
  'boxed primitives': () => {
    const boxed = [new String('s'), new Number(1), new Boolean(false), Object(1n)] as object[];
    const call = { boxed, f: () => 1 };
    return [
      () => call.boxed.map((each) => [typeof each, each.valueOf()]),
      [
        ['object', 's'],
        ['object', 1],
        ['object', false],
        ['object', 1n],
      ],
    ];
  },
  'buffers, typed arrays and views': () => {
    const buffer = Buffer.from('text');
    const { buffer: memory } = new Uint8Array([1, 2, 3, 4]);
    const views = [
      new Uint16Array(memory),
      new DataView(memory, 1, 2),
      new Uint8Array(memory, 2),
    ] as const;
    const call = { buffer, views, f: () => 1 };
    return [
      () => [
        call.buffer.toString(),
        Buffer.isBuffer(call.buffer),
        call.views[0][0],
        call.views[1].getUint8(0),
        call.views[2].length,
        call.views[0].buffer === call.views[1].buffer,
        call.views[0].buffer === memory,
      ],
      ['text', true, 513, 2, 2, true, true],
    ];
  },
  'maps and sets with functions in them': () => {
    const map = new Map<unknown, unknown>([
      ['f', () => 1],
      [() => 2, 'key'],
    ]);
    const set = new Set([() => 3]);
    return [
      () => [
        (map.get('f') as () => number)(),
        ([...map.keys()][1] as () => number)(),
        [...set].map((each) => each()),
        map.size,
      ],
      [1, 2, [3], 2],
    ];
  },
  'errors with their stack, cause and properties': () => {
    const cause = new RangeError('cause');
    const error = Object.assign(new TypeError('message', { cause }), { code: 'E', f: () => 1 });
    const many = new AggregateError([cause], 'many');
    return [
      () => [
        error instanceof TypeError,
        error.message,
        error.code,
        error.cause === cause,
        error.stack?.includes('values.test'),
        many.errors[0] === cause,
        many instanceof AggregateError,
        Object.keys(error),
      ],
      [true, 'message', 'E', true, true, true, true, ['code', 'f']],
    ];
  },
  'URLs and their parameters': () => {
    const url = new URL('https://example.org/a?b=c');
    const parameters = new URLSearchParams({ d: 'e' });
    return [
      () => [url.href, url instanceof URL, url.searchParams.get('b'), parameters.get('d')],
      ['https://example.org/a?b=c', true, 'c', 'e'],
    ];
  },
  'objects that are one per thread': () => {
    const whole = globalThis;
    const { env } = process;
    const log = console;
    const math = Math;
    return [
      () => [whole === globalThis, env === process.env, log === console, math.max(1, 2)],
      [true, true, true, 2],
    ];
  },
  'functions and classes of the language and of Node': () => {
    const { max } = Math;
    const Kind = Map;
    const { slice } = Array.prototype;
    const timer = setTimeout;
    const proto = Map.prototype;
    return [
      () => [
        max(1, 2),
        Kind === Map,
        slice.call([1, 2], 1),
        timer === setTimeout,
        proto === Map.prototype,
      ],
      [2, true, [2], true, true],
    ];
  },
});

for (const backend of workerBackends) {
  suite(`values of the platform (${backend.name})`, () => {
    const pool = backend.make({ maxWorkers: 1 });
    after(() => pool.shutdown());
    const inThreads = backend.name === 'threads';

    test('shared memory is shared with threads, and refused to processes', async () => {
      const memory = new SharedArrayBuffer(8);
      const words = new Int32Array(memory);
      const call = pool.submit(
        () => Atomics.add(words, 0, 5) + Atomics.add(words, 1, words.length),
      );
      if (inThreads) {
        assert.equal(await call, 0);
        assert.deepEqual([...words], [5, 2]);
        return;
      }
      const error = await call.exception();
      assert.ok(error instanceof PicklingError);
      assert.equal(error.code, 'ERR_HANDLE');
      assert.match(error.message, /SharedArrayBuffer.*ThreadPoolExecutor/);
      assert.match(error.message, /→ captured variable 'words'/);
    });

    test('captured memory can be moved instead of being copied', async () => {
      const { buffer } = new Uint8Array([1, 2, 3]);
      const sum = (): number => new Uint8Array(buffer).reduce((a, b) => a + b);
      if (!inThreads) return assert.equal(await pool.submit(sum), 6);
      assert.equal(await pool.with({ transfer: [buffer] }).submit(sum), 6);
      return assert.equal(buffer.byteLength, 0, 'it has been moved');
    });

    test('objects of a class that is called like one of keys', async () => {
      class KeyObject {
        readonly bits = 8;
      }
      const key = new KeyObject();
      assert.equal(await pool.submit(() => key.bits), 8);
    });

    const skip = inThreads ? false : 'between processes these do not travel as arguments either';
    test('keys, blobs and compiled modules', { skip }, async () => {
      const key: KeyObject = createSecretKey(Buffer.from('0123456789abcdef'));
      const cryptoKey = await webcrypto.subtle.importKey(
        'raw',
        Buffer.alloc(16, 1),
        'AES-GCM',
        true,
        ['encrypt'],
      );
      const blob = new Blob(['text']);
      const module = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
      const call = async (): Promise<unknown[]> => [
        key.symmetricKeySize,
        cryptoKey.type,
        await blob.text(),
        module instanceof WebAssembly.Module,
      ];
      assert.deepEqual(await pool.submit(call), [16, 'secret', 'text', true]);
    });
  });
}
