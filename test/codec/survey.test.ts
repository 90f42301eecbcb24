/** What lives in native code is found wherever it is, in every version of Node, before it is cloned to nothing. */
import assert from 'node:assert/strict';
import { createSecretKey, generateKeyPairSync, webcrypto } from 'node:crypto';
import { BlockList, SocketAddress } from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import { suite, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import * as fc from 'fast-check';
import { cloneToBytes } from '#dist/codec/clone.js';
import { survey } from '#dist/codec/survey.js';
import { value } from '../support/arbitrary-values.ts';

const { port1, port2 } = new MessageChannel();
port1.close();
port2.close();

const hosts: readonly (readonly [string, object])[] = [
  ['a Blob', new Blob(['content'])],
  ['an instance of a class of Blobs', new (class Attachment extends Blob {})(['content'])],
  ['a secret key', createSecretKey(Buffer.alloc(16))],
  ['a public key', generateKeyPairSync('ed25519').publicKey],
  ['a BlockList', new BlockList()],
  ['a SocketAddress', new SocketAddress({})],
  ['a ReadableStream', new ReadableStream()],
  ['a WritableStream', new WritableStream()],
  ['a TransformStream', new TransformStream()],
  ['a URL', new URL('https://example.com/a?b')],
  ['a MessagePort', port1],
  ['a histogram', createHistogram()],
  [
    'a CryptoKey',
    await webcrypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']),
  ],
];

/** What `structuredClone` makes nothing of in one version of Node and refuses in the next. */
const unsupported: readonly (readonly [string, object])[] = [
  ['URLSearchParams', new URLSearchParams('a=b')],
  ['Headers', new Headers({ a: 'b' })],
  ['FormData', new FormData()],
  ['a Request', new Request('https://example.com')],
  ['a Response', new Response('text')],
];

/** `WebAssembly.Module`, which the compiler knows as a part of browsers only. */
function compile(bytes: Uint8Array): object {
  const assembly = Reflect.get(globalThis, 'WebAssembly') as {
    Module: new (bytes: Uint8Array) => object;
  };
  return new assembly.Module(bytes);
}

const places: readonly {
  readonly name: string;
  readonly put: (host: object) => unknown;
}[] = [
  { name: 'by itself', put: (host) => host },
  { name: 'in an object', put: (host) => ({ a: { b: host } }) },
  {
    name: 'in an object without prototype',
    put: (host) => Object.assign(Object.create(null) as object, { host }),
  },
  {
    name: 'in an instance',
    put: (host) =>
      new (class Letter {
        readonly inside = host;
      })(),
  },
  { name: 'in an array', put: (host) => [1, [host]] },
  { name: 'behind a hole', put: (host) => Object.assign(new Array<unknown>(50), { 40: host }) },
  { name: 'in a long array', put: (host) => new Array<unknown>(5000).fill(0).with(4000, host) },
  { name: 'as a property of an array', put: (host) => Object.assign([1], { host }) },
  { name: 'in a map', put: (host) => new Map([['key', [host]]]) },
  { name: 'as a key', put: (host) => new Map([[host, 1]]) },
  { name: 'in a set', put: (host) => new Set([[host]]) },
  {
    name: 'as the cause of an error',
    put: (host) => new Error('e', { cause: { host } }),
  },
  {
    name: 'behind a getter',
    put: (host) => ({
      get inside(): object {
        return host;
      },
    }),
  },
  {
    name: 'behind itself',
    put: (host) => {
      const self: Record<string, unknown> = {};
      self['self'] = self;
      self['more'] = [self, host];
      return self;
    },
  },
];

for (const { name: place, put } of places) {
  suite(place, () => {
    for (const [name, host] of hosts) {
      test(`${name} is refused`, () => {
        assert.throws(() => cloneToBytes(put(host)), { name: 'DataCloneError' });
      });
    }
  });
}

suite('what has no clone', () => {
  for (const [name, each] of unsupported) {
    test(`${name} is not taken for an empty object`, () => {
      assert.throws(() => cloneToBytes([each]), { name: 'DataCloneError' });
    });
  }

  test('a compiled module is refused, as it can not be rebuilt elsewhere', () => {
    const module = compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
    assert.throws(() => cloneToBytes({ module }), { name: 'DataCloneError' });
  });
});

test('a refusal names the class, and says what to do', () => {
  assert.throws(() => cloneToBytes([new Blob(['x'])]), { message: /Blob.*ThreadPoolExecutor/ });
});

test('a property that is not enumerable does not travel, and so disturbs nobody', () => {
  const object = Object.defineProperty({ a: 1 }, 'hidden', { value: new Blob(['x']) });
  assert.equal(survey(object).native, undefined);
});

test('a property of an error does not travel either, and disturbs nobody', () => {
  const error = Object.assign(new Error('e'), { url: new URL('https://example.com') });
  assert.deepEqual(Object.keys(structuredClone(error)), []);
  cloneToBytes(error);
});

test('a getter that throws is left to the serializer, which says why', () => {
  const trap = {
    get inside(): never {
      throw new Error('it was read');
    },
  };
  assert.equal(survey({ trap: [trap] }).native, undefined);
});

test('nothing is found in values of every other kind', () => {
  fc.assert(
    fc.property(value, (each) => {
      const { native, isDeep, thenable } = survey(each);
      return native === undefined && thenable === undefined && !isDeep;
    }),
    { numRuns: 1000 },
  );
});
