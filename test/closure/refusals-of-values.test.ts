/** Values that belong to this thread are refused before anything is sent, each with a way out. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { Socket, createServer } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import { server as importedServer } from '../fixtures/functions/library.js';
import { runRefusals } from '../support/refusals.js';

const use = (value: unknown) => (): boolean => typeof value === 'object';
const handle = { code: 'ERR_HANDLE', remedy: /Open it inside the function, or import it/ } as const;

class Secretive {
  readonly #secret = 1;
  plain = 2;

  reveal(): number {
    return this.#secret;
  }
}

class SecretError extends Error {
  readonly #secret = 1;

  reveal(): number {
    return this.#secret;
  }
}

class SecretBytes extends Uint8Array {
  readonly #secret = 1;

  reveal(): number {
    return this.#secret;
  }
}

function* numbers(): Generator<number> {
  yield 1;
  yield 2;
}

runRefusals('values that can not be sent', {
  'a socket': {
    ...handle,
    says: /an instance of Socket/,
    path: " → captured variable 'socket'",
    make: () => {
      const socket = new Socket();
      return () => socket.destroyed;
    },
    instead: () => [
      () => {
        const socket = new Socket();
        return socket.destroyed;
      },
      false,
    ],
  },
  'a server, where an import is the way out': {
    ...handle,
    says: /an instance of Server/,
    make: () => {
      const server = createServer();
      return () => server.listening;
    },
    instead: () => [() => importedServer.listening, false],
  },
  'a timer, deep inside an object': {
    ...handle,
    says: /an instance of Timeout/,
    path: " → captured variable 'o' → .in → .t",
    make: () => {
      const t = setTimeout(() => {}, 0);
      clearTimeout(t);
      const o = { in: { t } };
      return () => o.in.t.hasRef();
    },
    instead: () => [
      () => {
        const t = setTimeout(() => {}, 0);
        clearTimeout(t);
        return typeof t.hasRef();
      },
      'boolean',
    ],
  },
  'a port, in a list in a map': {
    ...handle,
    says: /an instance of MessagePort/,
    path: ' → captured variable \'map\' → an entry → [1] → ["a key"]',
    make: () => {
      const { port1 } = new MessageChannel();
      port1.close();
      const map = new Map([['key', [0, { 'a key': port1 }]]]);
      return () => map.size;
    },
  },
  'a stream': { ...handle, says: /Readable/, make: () => use(Readable.from([])) },
  'a hash under way': { ...handle, says: /Hash/, make: () => use(createHash('sha1')) },
  'an AbortController': {
    ...handle,
    says: /AbortController/,
    make: () => use(new AbortController()),
    instead: () => [() => new AbortController().signal.aborted, false],
  },
  'an AbortSignal': { ...handle, says: /AbortSignal/, make: () => use(AbortSignal.abort()) },
  'an Intl object': {
    ...handle,
    says: /NumberFormat/,
    make: () => use(new Intl.NumberFormat('en')),
    instead: () => [() => new Intl.NumberFormat('en').format(1000), '1,000'],
  },
  'a response': { ...handle, says: /Response/, make: () => use(new Response('text')) },
  'an instance of a class that extends one of Node': {
    ...handle,
    says: /Wire/,
    make: () => use(new (class Wire extends Socket {})()),
  },
  'a promise': {
    code: 'ERR_PROMISE',
    says: /a Promise/,
    remedy: /Await it first/,
    path: " → captured variable 'p'",
    make: () => {
      const p = Promise.resolve(1);
      return () => p;
    },
    instead: () => {
      const value = 1;
      return [() => value, 1];
    },
  },
  'a proxy': {
    code: 'ERR_PROXY',
    says: /a Proxy/,
    remedy: /Pass the object that it stands for/,
    make: () => use(new Proxy({}, {})),
    instead: () => [use({}), true],
  },
  'a proxy of which only a member is used, without a trap being run': {
    code: 'ERR_PROXY',
    says: /a Proxy/,
    remedy: /Pass the object that it stands for/,
    path: " → captured variable 'proxy'",
    make: () => {
      const proxy = new Proxy({ a: 1 }, { get: () => assert.fail('a trap was run') });
      return () => proxy.a;
    },
  },
  'a proxy of an array': {
    code: 'ERR_PROXY',
    says: /a Proxy/,
    remedy: /Pass the object that it stands for/,
    make: () => use(new Proxy([1], {})),
    instead: () => [use([1]), true],
  },
  'a proxy that was revoked': {
    code: 'ERR_PROXY',
    says: /a Proxy/,
    remedy: /Pass the object that it stands for/,
    make: () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return use(proxy);
    },
  },
  'an error with private fields': {
    code: 'ERR_PRIVATE_FIELDS',
    says: /an instance of SecretError/,
    remedy: /Pass plain data/,
    make: () => use(new SecretError()),
  },
  'bytes with private fields': {
    code: 'ERR_PRIVATE_FIELDS',
    says: /an instance of SecretBytes/,
    remedy: /Pass plain data/,
    make: () => use(new SecretBytes(1)),
  },
  'a proxy of a function': {
    code: 'ERR_PROXY',
    says: /a Proxy of a function/,
    remedy: /Pass the function itself/,
    make: () => use({ f: new Proxy(() => 1, {}) }),
    instead: () => [use({ f: () => 1 }), true],
  },
  'a WeakMap': {
    code: 'ERR_WEAK',
    says: /a WeakMap/,
    remedy: /Use a Map or a Set, or import it/,
    make: () => use(new WeakMap()),
    instead: () => [use(new Map()), true],
  },
  'a WeakSet': {
    code: 'ERR_WEAK',
    says: /WeakSet/,
    remedy: /a Set/,
    make: () => use(new WeakSet()),
  },
  'a WeakRef': {
    code: 'ERR_WEAK',
    says: /WeakRef/,
    remedy: /Map/,
    make: () => use(new WeakRef({})),
  },
  'a FinalizationRegistry': {
    code: 'ERR_WEAK',
    says: /FinalizationRegistry/,
    remedy: /import it/,
    make: () => use(new FinalizationRegistry(() => {})),
  },
  'a generator under way': {
    code: 'ERR_GENERATOR',
    says: /a generator or iterator/,
    remedy: /an array of its values, or the function that makes it/,
    path: " → captured variable 'value'",
    make: () => use(numbers()),
    instead: () => {
      const values = [...numbers()];
      return [
        () => [values, [...numbers()]],
        [
          [1, 2],
          [1, 2],
        ],
      ];
    },
  },
  'an iterator of a map': {
    code: 'ERR_GENERATOR',
    says: /iterator/,
    remedy: /array/,
    make: () => use(new Map().entries()),
  },
  'an iterator of an array': {
    code: 'ERR_GENERATOR',
    says: /iterator/,
    remedy: /array/,
    make: () => use([1].values()),
  },
  'an instance with private fields': {
    code: 'ERR_PRIVATE_FIELDS',
    says: /an instance of Secretive.*private fields/,
    remedy: /Pass plain data, and make the instance there/,
    make: () => {
      const secretive = new Secretive();
      return () => secretive.reveal();
    },
    instead: () => {
      const data = new Secretive().plain;
      return [() => [data, new Secretive().reveal()], [2, 1]];
    },
  },
  'a method that is bound to such an instance': {
    code: 'ERR_PRIVATE_FIELDS',
    says: /Secretive/,
    remedy: /Pass plain data/,
    path: " → captured variable 'bound' → the object it is bound to",
    make: () => {
      const secretive = new Secretive();
      const bound = secretive.reveal.bind(secretive);
      return () => bound();
    },
  },
  'an emitter with listeners that can not be sent': {
    ...handle,
    says: /Socket/,
    make: () => {
      const socket = new Socket();
      const emitter = Object.assign(new EventEmitter(), { socket });
      return () => emitter.listenerCount('x');
    },
  },
  'in an argument that is bound': {
    ...handle,
    says: /Socket/,
    make: () => use([((a: unknown) => a).bind(undefined, new Socket())]),
  },
  'in a helper of a helper': {
    ...handle,
    says: /Socket/,
    path: " → captured variable 'outer' → captured variable 'inner' → captured variable 'socket'",
    make: () => {
      const socket = new Socket();
      const inner = (): unknown => socket;
      const outer = (): unknown => inner();
      return () => outer();
    },
  },
  'in a static field of a class': {
    ...handle,
    says: /Socket/,
    path: " → captured variable 'Holder' → .socket",
    make: () => {
      class Holder {
        static socket = new Socket();
      }
      return () => Holder.socket;
    },
  },
});
