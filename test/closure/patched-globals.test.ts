/** Programs change what functions look like; what travels is what the engine knows. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { workerBackends } from '../support/backends.js';

/** Puts something in the place of a method until the test is over. */
function patch(
  t: { after(fn: () => void): void },
  owner: object,
  key: PropertyKey,
  value: unknown,
): void {
  const before = Object.getOwnPropertyDescriptor(owner, key)!;
  Object.defineProperty(owner, key, { ...before, value });
  t.after(() => Object.defineProperty(owner, key, before));
}

for (const backend of workerBackends) {
  suite(`patched globals (${backend.name})`, () => {
    const pool = backend.make({ maxWorkers: 1 });
    after(() => pool.shutdown());
    const captured = 1;

    test('Function.prototype.toString', async (t) => {
      class Secretive {
        readonly #secret = captured;
        reveal(): number {
          return this.#secret;
        }
      }
      patch(t, Function.prototype, 'toString', () => 'function () { return "patched"; }');
      assert.equal(await pool.submit(() => captured + 1), 2);
      assert.equal(await pool.submit(() => new Secretive().reveal()), 1);
      const secretive = new Secretive();
      const error = await pool.submit(() => secretive.reveal()).exception();
      assert.equal((error as { code?: string }).code, 'ERR_PRIVATE_FIELDS');
      const max = Math.max.bind(undefined, 5);
      assert.equal(await pool.submit(() => max(1)), 5);
    });

    test('toString, name, and call of the function itself', async () => {
      const fn = Object.assign(() => captured, { toString: () => 'nonsense', call: 1, bind: 2 });
      Object.defineProperty(fn, 'name', { value: 7 });
      assert.equal(await pool.submit(fn), 1);
    });

    test('a symbol with which classes call their instances something else', async () => {
      class Odd {
        readonly n = 1;
        get [Symbol.toStringTag](): string {
          throw new Error('it was run');
        }
      }
      const odd = new Odd();
      assert.equal(await pool.submit(() => odd.n), 1);
    });

    test('properties that somebody gave to all objects', async (t) => {
      Object.defineProperty(Object.prototype, 'onAll', {
        value: () => 1,
        enumerable: true,
        configurable: true,
      });
      t.after(() => Reflect.deleteProperty(Object.prototype, 'onAll'));
      const data = { n: captured, f: () => 2 };
      assert.deepEqual(await pool.submit(() => [data.n, data.f(), 'onAll' in data]), [1, 2, false]);
    });
  });
}
