/** What an error takes along is what can travel on the way in use; the error itself always arrives. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { betweenThreads } from '#dist/codec/channel.js';
import { packError, unpackError } from '#dist/codec/error-envelope.js';
import { betweenProcesses } from '#dist/codec/process-channel.js';
import { PicklingError } from 'concurrent-futures';
import {
  carried,
  item,
  type Place,
  rejectWith,
  throwHostile,
  throwWith,
  unclonable,
} from '../fixtures/unsendable-errors.ts';
import { managedProcesses, workerBackends } from '../support/backends.ts';

type Rich = Error & Record<string, unknown>;

const places: readonly Place[] = ['property', 'inside', 'cause', 'member'];

function assertTrue(error: unknown): asserts error is Rich {
  assert.ok(error instanceof Error);
  assert.equal(error.message, 'the true error');
  assert.ok(error instanceof RangeError || error instanceof AggregateError);
  const { code, kept } = error as Rich;
  assert.equal(code, 'E_KEPT');
  assert.deepEqual(kept, new Map([[1, 2]]));
}

test('a part is a copy where it can travel, and a text where it can not', () => {
  for (const [name, make] of Object.entries(carried)) {
    const error = Object.assign(new Error('e'), { part: make() });
    const near = unpackError(structuredClone(packError(error, 'w', 't', betweenThreads))) as Rich;
    const far = unpackError(packError(error, 'w', 't', betweenProcesses)) as Rich;
    assert.equal(typeof near['part'], 'object', name);
    assert.equal(typeof far['part'], 'string', name);
    assert.match(far['part'] as string, new RegExp(name === 'KeyObject' ? 'Key' : name));
  }
});

for (const backend of [...workerBackends, managedProcesses]) {
  suite(backend.name, () => {
    test('the true error arrives without what can not travel, sync and async', async () => {
      await using pool = backend.make({ maxWorkers: 1 });
      for (const what of [...Object.keys(carried), ...Object.keys(unclonable)]) {
        for (const place of places) {
          assertTrue(await pool.submit(throwWith, what, place).exception());
          assertTrue(await pool.submit(rejectWith, what, place).exception());
        }
        // What is no error arrives as what is left of it.
        assert.notEqual(await pool.submit(throwWith, what, 'thrown').exception(), undefined);
      }
      assert.equal(pool.stats().workers, 1);
    });

    test('in a chunk each item has an outcome of its own', async () => {
      await using pool = backend.make({ maxWorkers: 1 });
      for (const what of [...Object.keys(carried), ...Object.keys(unclonable)]) {
        const fails = (n: number): unknown => item(n, what);
        const results = pool.with({ chunkSize: 4 }).map(fails, [0, 1, 2, 3]);
        assert.deepEqual(await results.next(), { done: false, value: { n: 0 } });
        assertTrue(await Promise.resolve(results.next()).catch((error: unknown) => error));
        const third: unknown = await Promise.resolve(results.next()).catch(
          (error: unknown) => error,
        );
        const travels = backend.name === 'threads' && what in carried;
        assert.equal(third instanceof PicklingError, !travels, what);
        assert.deepEqual(await results.next(), { done: false, value: { n: 3 } });
      }
    });

    test('an error that is hard to look at disturbs nobody', async () => {
      await using pool = backend.make({ maxWorkers: 1 });
      const hostile = [
        'a proxy of an error',
        'an error below a proxy',
        'an error of an evil class',
        'an error with evil getters',
        'an error that asks to be described',
        'another',
      ];
      const pid = await pool.submit(() => process.pid);
      for (const how of hostile) {
        const error = await pool.submit(throwHostile, how).exception();
        assert.notEqual(error, undefined, how);
        assert.ok(!(error instanceof PicklingError), how);
      }
      assert.equal(await pool.submit(() => process.pid), pid);
    });
  });
}
