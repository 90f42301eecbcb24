/** Values of any depth travel, there and back, on every way. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { cloneFromBytes, cloneToBytes } from '#dist/codec/clone.js';
import { flatten, unflatten } from '#dist/codec/flat-value.js';
import { fromMessage, toMessage } from '#dist/codec/message.js';
import { currentExecutor, RemoteError } from 'concurrent-futures';
import * as fc from 'fast-check';
import { type Kind, levelsOf, nest, throwChain, throwNested } from '../fixtures/deep-values.ts';
import { value } from '../support/arbitrary-values.ts';
import { backends, managedProcesses } from '../support/backends.ts';
import { identities } from '../support/identity.ts';

const kinds: readonly Kind[] = ['array', 'object', 'map', 'set', 'cause', 'mixed'];
const depths = [100, 201, 5000, 100_000];

suite('a table', () => {
  test('of any value comes back as structuredClone makes it', () => {
    fc.assert(
      fc.property(value, (each) => {
        const expected: unknown = structuredClone(each);
        const actual = unflatten(structuredClone(flatten(each)));
        assert.deepStrictEqual(actual, expected);
        assert.deepEqual(identities(actual), identities(expected));
      }),
      { numRuns: 1000 },
    );
  });

  test('of errors has what cloning keeps of them', () => {
    const cause = new TypeError('inner', { cause: { of: 'it' } });
    const error = Object.assign(new AggregateError([1], 'outer', { cause }), { code: 'E' });
    const named = Object.assign(new Error('x', { cause: [error] }), { name: 'URIError' });
    for (const each of [error, named, new Error('', { cause: [0, {}] })]) {
      const actual = unflatten(structuredClone(flatten(each))) as Error;
      const expected = structuredClone(each);
      assert.deepStrictEqual(actual, expected);
      assert.equal(actual.stack, expected.stack);
      assert.equal(Object.getPrototypeOf(actual), Object.getPrototypeOf(expected));
    }
  });

  test('keeps shared objects shared, and cycles', () => {
    const shared = { date: new Date(1) };
    const self: unknown[] = [shared, [[shared]]];
    self.push({ self });
    const actual = unflatten(structuredClone(flatten(self)));
    assert.deepEqual(identities(actual), identities(self));
  });

  test('of what cloning refuses is refused', () => {
    for (const each of [() => {}, Symbol('s'), new WeakMap(), new Proxy({}, {})]) {
      assert.throws(() => structuredClone(flatten([[each]])), { name: 'DataCloneError' });
    }
  });
});

test('depth is that of the way that cloning takes, whatever else leads there', () => {
  const chain: unknown[] = [];
  let inner: unknown = 0;
  for (let level = 0; level < 5000; level++) {
    inner = [inner];
    chain.push(inner);
  }
  // All links are near the top, too, but behind the way that is 5,000 levels long.
  for (const each of [
    [inner, chain],
    [chain, inner],
  ]) {
    const message = structuredClone(toMessage(each));
    assert.deepEqual(identities(fromMessage(message)), identities(each));
    assert.deepEqual(identities(cloneFromBytes(cloneToBytes(each))), identities(each));
  }
});

async function ask(depth: number): Promise<boolean> {
  const own = currentExecutor();
  const back = await own?.submit((inner: unknown) => [inner], nest(depth, 'mixed'));
  return levelsOf(back) === depth + 1;
}

for (const backend of [...backends, managedProcesses]) {
  suite(backend.name, () => {
    test('arguments and results are of any depth', async () => {
      await using pool = backend.make({ maxWorkers: 1 });
      for (const kind of kinds) {
        for (const depth of kind === 'mixed' ? depths : [100, 5000]) {
          assert.equal(await pool.submit(levelsOf, nest(depth, kind)), depth);
          assert.equal(levelsOf(await pool.submit(nest, depth, kind)), depth);
        }
      }
      assert.equal(await pool.submit(levelsOf, ['the innermost']), 1);
    });

    test('what a thrown error carries is of any depth, and so are its causes', async () => {
      await using pool = backend.make({ maxWorkers: 1 });
      for (const depth of depths) {
        const error = await pool.submit(throwNested, depth, 'mixed').exception();
        assert.ok(error instanceof RangeError);
        assert.equal(levelsOf(Reflect.get(error, 'nested')), depth);
        const links = depth > 5000 ? 20_000 : depth;
        const chained = await pool.submit(throwChain, links).exception();
        assert.ok(chained instanceof RangeError);
        let last: unknown = chained;
        for (let link = 0; link <= links; link++) last = (last as Error).cause;
        assert.ok(last === 'the innermost' || last instanceof RemoteError);
      }
    });

    test('items of chunks are of any depth', async () => {
      await using pool = backend.make({ maxWorkers: 1 });
      const results = pool
        .with({ chunkSize: 3 })
        .map((depth: number) => nest(depth, 'mixed'), depths);
      const found: number[] = [];
      for await (const each of results) found.push(levelsOf(each));
      assert.deepEqual(found, depths);
    });

    test('calls of a task have arguments and results of any depth', async () => {
      await using pool = backend.make({ maxWorkers: 1 });
      for (const depth of depths) assert.equal(await pool.submit(ask, depth), true);
    });
  });
}
