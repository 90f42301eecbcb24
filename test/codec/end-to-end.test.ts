/** Values through a pool and back: whichever way they travel, they arrive as `structuredClone` has it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { PicklingError } from 'concurrent-futures';
import { echo } from '../fixtures/tasks.ts';
import { value } from '../support/arbitrary-values.ts';
import { workerBackends } from '../support/backends.ts';
import { identities } from '../support/identity.ts';

/** There and back are two clones. */
function cloneTwice(original: unknown): unknown {
  return structuredClone(structuredClone(original));
}

for (const backend of workerBackends) {
  test(`an echo returns a clone of what it was given (${backend.name})`, async () => {
    await using pool = backend.make({ maxWorkers: 2 });
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 10 }), async (values) => {
        const echoes = await Promise.all(values.map((each) => pool.submit(echo, [each])));
        for (const [i, actual] of echoes.entries()) {
          const expected = cloneTwice([values[i]]);
          assert.deepStrictEqual(actual, expected);
          assert.deepEqual(identities(actual), identities(expected));
        }
      }),
      { numRuns: 300 },
    );
  });

  test(`what the caller does with its objects after submit does not show (${backend.name})`, async () => {
    await using pool = backend.make({ maxWorkers: 1 });
    const plain = { list: [1, 2], at: new Date(1) };
    const cloned = { pattern: /x/, list: [1, 2] };
    const futures = [pool.submit(echo, plain), pool.submit(echo, cloned)];
    plain.list.push(3);
    plain.at.setTime(2);
    cloned.list.push(3);
    assert.deepEqual(await futures[0], { list: [1, 2], at: new Date(1) });
    assert.deepEqual(await futures[1], { pattern: /x/, list: [1, 2] });
  });

  test(`what structuredClone refuses fails its future, and names the argument (${backend.name})`, async () => {
    await using pool = backend.make({ maxWorkers: 1 });
    const refused = [Promise.resolve(), new WeakMap(), { deep: [new WeakSet()] }];
    for (const each of refused) {
      const error = await pool.submit(echo, each as unknown).exception();
      assert.ok(error instanceof PicklingError);
      assert.ok(error.cause instanceof DOMException);
      assert.match(error.message, /Argument 1 of echo/);
    }
    assert.equal(await pool.submit(echo, 'next'), 'next');
  });
}
