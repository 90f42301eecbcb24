/** Functions that no worker can find or import: each fails its own call, and the pool goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Future, PicklingError, task } from 'concurrent-futures';
import { add } from '../fixtures/tasks.js';
import { workerBackends, type WorkerPool } from '../support/backends.js';
import { makePool } from '../support/held.js';

/** Expects the call to fail, and the pool to run the next one. */
async function failsAlone(
  pool: WorkerPool,
  call: Future<unknown>,
  code: string,
  message: RegExp,
): Promise<void> {
  const error = await call.exception();
  assert.ok(error instanceof PicklingError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, message);
  assert.equal(await pool.submit(add, 1, 2), 3);
}

const fixture = (name: string): URL => new URL(`../fixtures/${name}.js`, import.meta.url);

for (const backend of workerBackends) {
  test(`a module that does not exist is named (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const module = pool.module<{ f(): void }>(new URL('./no-such-module.js', import.meta.url));
    await failsAlone(pool, module.f(), 'ERR_IMPORT', /could not import.*no-such-module\.js/);
  });

  test(`an export that does not exist is named, with those that do (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const module = pool.module<{ ad(a: number): number }>(fixture('tasks'));
    await failsAlone(pool, module.ad(1), 'ERR_IMPORT', /no export 'ad'.*It exports .*add/);
  });

  test(`an export that is no function is told from one that is missing (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const module = pool.module<{ oddityNames(): void }>(fixture('executor-tasks'));
    await failsAlone(pool, module.oddityNames(), 'ERR_IMPORT', /oddityNames.*not a function/);
  });

  test(`a member of an export is reached by its path, or missed by name (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const wrong = task(fixture('tasks'), () => {}, 'add.curry');
    await failsAlone(pool, pool.submit(wrong), 'ERR_IMPORT', /no export 'add\.curry'/);
  });

  test(`a module that throws while it is imported gives its error as the cause (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const module = pool.module<{ f(): void }>(fixture('throws-on-import'));
    const call = module.f();
    await failsAlone(pool, call, 'ERR_IMPORT', /RangeError: thrown while importing/);
    const error = (await call.exception()) as Error;
    assert.ok(error.cause instanceof RangeError);
  });

  test(`a module that never finishes importing is given up after startTimeout (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1, startTimeout: 3000 });
    const module = pool.module<{ unreachable(): void }>(fixture('never-imported'));
    await failsAlone(
      pool,
      module.unreachable(),
      'ERR_IMPORT',
      /not finished importing after 3000 ms/,
    );
  });

  test(`module() refuses what is no absolute URL (${backend.name})`, (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    assert.throws(() => pool.module('./x.js'), { name: 'RangeError', message: /url.*absolute/ });
    assert.throws(() => pool.module(undefined as never), { name: 'TypeError', message: /url/ });
    assert.equal(pool.stats().workers, 0);
  });

  test(`module() is no promise, and has no symbols (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const module = pool.module<{ add(a: number, b: number): number }>(fixture('tasks'));
    const handedOn = await Promise.resolve(module);
    assert.ok(handedOn === module);
    assert.equal(await module.add(1, 2), 3);
  });

  test(`a function that is not exported starts no worker, if no code is to be copied (${backend.name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1, functions: 'reference' });
    const untagged = pool.submit(function resize() {});
    const error = await untagged.exception();
    assert.ok(error instanceof PicklingError);
    assert.match(error.message, /resize.*task\(import\.meta\.url, resize\)/);
    assert.equal(pool.stats().workers, 0);
    assert.equal(pool.stats().failed, 1);
    assert.equal(await pool.submit(add, 1, 2), 3);
  });
}

test('task() refuses what is no URL, no function, or has no name', () => {
  const url = import.meta.url;
  assert.throws(() => task('./x.js', add), { name: 'RangeError', message: /url.*absolute.*x\.js/ });
  assert.throws(() => task(7 as never, add), { name: 'TypeError', message: /url.*import\.meta/ });
  assert.throws(() => task(url, 'add' as never), { name: 'TypeError', message: /fn.*'add'/ });
  assert.throws(() => task(url, add, 7 as never), { name: 'TypeError', message: /name.*7/ });
  const anonymous = (() => () => {})();
  assert.throws(() => task(url, anonymous), { name: 'RangeError', message: /name.*pass it/ });
});
