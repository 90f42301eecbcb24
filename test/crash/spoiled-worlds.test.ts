/** What a task does to the world that it shares with others is no other call's affair. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { PoolOptions } from 'concurrent-futures';
import {
  addOne,
  addOneLater,
  complain,
  fill,
  lengthOf,
  nest,
  print,
  whichWorker,
} from '../fixtures/innocents.ts';
import { loadedLate } from '../fixtures/loaded-late.ts';
import * as vandals from '../fixtures/vandals.ts';
import { blockingBackends, type WorkerPool, workerBackends } from '../support/backends.ts';
import { makePool } from '../support/held.ts';

/** What a spoiled world breaks, it breaks in the first calls; some more, because the loop gives way about every millisecond. */
const CALLS = 25;
const LARGE = 1 << 20;
/** Only turns a hang into a failure. */
const timeout = 120_000;

type Kind = (pool: WorkerPool, value: number) => Promise<void>;

const kinds: Readonly<Record<string, Kind>> = {
  sync: async (pool, value) => assert.equal(await pool.submit(addOne, value), value + 1),
  async: async (pool, value) => assert.equal(await pool.submit(addOneLater, value), value + 1),
  'in chunks': async (pool, value) =>
    assert.deepEqual(await pool.with({ chunkSize: 2 }).map(addOne, [value, 2, 3, 4]).toArray(), [
      value + 1,
      3,
      4,
      5,
    ]),
  'by value': async (pool, value) =>
    assert.equal(await pool.submit((more: number) => value + more, 1), value + 1),
  'large arguments': async (pool) =>
    assert.equal(await pool.submit(lengthOf, new Uint8Array(LARGE)), LARGE),
  'large values': async (pool) => assert.equal((await pool.submit(fill, LARGE)).length, LARGE),
  errors: async (pool, value) => {
    const error = await pool.submit(complain, value).exception();
    assert.ok(error instanceof RangeError);
    assert.equal(error.message, `no ${value}`);
  },
  'captured output': async (pool, value) => {
    const future = pool.with({ captureOutput: true }).submit(print, value);
    assert.equal(await future, value + 1);
    assert.equal(future.output?.stdout, `printed ${value}`);
  },
  'a module that was not loaded before': async (pool) =>
    assert.equal(await pool.submit(loadedLate), 'loaded'),
  nested: async (pool, value) => assert.equal(await pool.submit(nest, value), value + 1),
};

/**
 * What a task's own calls to its pool are made with is this library as any program loads it, and asks the built-in
 * classes as any program does.
 */
const NEST_NOT = new Set([
  'deleteGlobals',
  'spoilAtomics',
  'spoilArrays',
  'spoilCollections',
  'spoilPromises',
  'spoilObjects',
  'spoilText',
]);

const frozen: PoolOptions & { readonly execArgv: readonly string[] } = {
  maxWorkers: 1,
  execArgv: ['--frozen-intrinsics'],
};

const backends = [...workerBackends, ...blockingBackends.filter(({ name }) => name !== 'threads')];

for (const backend of backends) {
  suite(`a task that spoils its world (${backend.name})`, { timeout }, () => {
    for (const [name, spoil] of Object.entries(vandals)) {
      test(`${name}: calls of all kinds in the same worker are as before`, async (t) => {
        const pool = makePool(t, backend, { maxWorkers: 1 });
        const worker = await pool.submit(whichWorker);
        await pool.submit(nest, 1);
        await pool.submit(spoil);
        await checkAll(pool, NEST_NOT.has(name) ? ['nested'] : []);
        assert.equal(await pool.submit(whichWorker), worker);
        await pool.shutdown();
      });
    }

    test('--frozen-intrinsics changes nothing', async (t) => {
      const pool = makePool(t, backend, frozen);
      await checkAll(pool, []);
      await pool.shutdown();
    });
  });
}

async function checkAll(pool: WorkerPool, except: readonly string[]): Promise<void> {
  for (const [kind, check] of Object.entries(kinds)) {
    if (except.includes(kind)) continue;
    for (let i = 0; i < CALLS; i++) {
      try {
        await check(pool, i);
      } catch (cause) {
        throw new Error(`call ${i}, ${kind}: ${String(cause)}`, { cause });
      }
    }
  }
}
