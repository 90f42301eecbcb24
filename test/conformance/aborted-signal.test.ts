/** A signal that was aborted before `submit`: the call is cancelled before anything is done for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CancelledError,
  type Executor,
  type Future,
  ProcessPoolExecutor,
  ShutdownError,
  ThreadPoolExecutor,
} from 'concurrent-futures';
import { submitAborted } from '../fixtures/nested-tasks.js';
import { echo, noop } from '../fixtures/tasks.js';
import { everyBackend, isolatedBackends } from '../support/every-backend.js';
import { closeAfter, makePool } from '../support/held.js';
import { OwnExecutor, ownBackend } from '../support/own-executor.js';

const reason = new Error('changed my mind');
const signal = AbortSignal.abort(reason);

async function assertCancelled(future: Future<unknown>): Promise<void> {
  assert.equal(future.state, 'cancelled');
  await assert.rejects(future.result(), (error) => {
    assert.ok(error instanceof CancelledError);
    assert.equal(error.cause, reason);
    return true;
  });
}

/** The ways in which a call gets to an executor with `signal` as an option. */
function submitted(pool: Executor, args: unknown[]): Future<unknown>[] {
  const view = pool.with({ signal });
  const submit = echo as (...args: unknown[]) => unknown;
  const futures = [
    view.submit(submit, ...args),
    view.with({ timeout: 60_000 }).submit(submit, ...args),
    view.submit(42 as never),
  ];
  if ('module' in view) {
    const url = new URL('../fixtures/tasks.js', import.meta.url);
    const calls = (view as ThreadPoolExecutor).module<typeof import('../fixtures/tasks.js')>(url);
    futures.push(calls.echo(args[0]));
  }
  return futures;
}

for (const backend of [...everyBackend, ownBackend]) {
  const { name } = backend;

  test(`a call with an aborted signal is cancelled, and nothing else happens (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    let looks = 0;
    const argument = {
      get x() {
        return ++looks;
      },
    };
    const futures = submitted(pool, [argument]);
    for (const future of futures) await assertCancelled(future);
    assert.equal(looks, 0);
    if (pool instanceof OwnExecutor) {
      assert.equal(pool.submitted, 0);
      return;
    }
    const { workers, cancelled, pending, running, completed, failed } = pool.stats();
    assert.deepEqual(
      { workers, cancelled, pending, running, completed, failed },
      { workers: 0, cancelled: futures.length, pending: 0, running: 0, completed: 0, failed: 0 },
    );
  });

  test(`of many calls with an aborted signal none runs, on busy and idle workers (${name})`, async (t) => {
    const pool = makePool(t, backend, { maxWorkers: 2 });
    await Promise.all([pool.submit(noop), pool.submit(noop)]);
    const view = pool.with({ signal });
    for (let i = 0; i < 300; i++) {
      const future = view.submit(echo, i);
      assert.equal(future.state, 'cancelled');
      if (i % 100 === 0) await pool.submit(echo, i);
    }
    await pool.submit(noop);
    if (pool instanceof OwnExecutor) assert.equal(pool.submitted, 6);
    else assert.equal(pool.stats().completed, 6);
  });

  test(`map with an aborted signal looks at nothing of its input (${name})`, (t) => {
    const pool = makePool(t, backend, { maxWorkers: 1 });
    const input = {
      get [Symbol.iterator](): () => Iterator<number> {
        return assert.fail('the input was looked at');
      },
    };
    assert.throws(
      () => pool.with({ signal }).map(echo<number>, input),
      (error) => error === reason,
    );
  });
}

for (const backend of everyBackend) {
  test(`a pool that is shut down refuses a call with an aborted signal, too (${backend.name})`, async () => {
    const pool = backend.make();
    const view = pool.with({ signal });
    await pool.shutdown();
    assert.throws(() => view.submit(noop), ShutdownError);
    assert.equal(pool.stats().cancelled, 0);
  });
}

for (const { name, make } of isolatedBackends) {
  if (name === 'cluster') continue;
  test(`a task's call with an aborted signal does not get to its pool (${name})`, async (t) => {
    const pool = closeAfter(t, make({ maxWorkers: 1 }));
    assert.deepEqual(await pool.submit(submitAborted, 'why'), ['cancelled', 'why', 0]);
    assert.equal(pool.stats().cancelled, 0);
    assert.equal(pool.stats().completed, 1);
  });
}

for (const [name, make] of [
  ['threads', () => new ThreadPoolExecutor()],
  ['processes', () => new ProcessPoolExecutor()],
  ['managed processes', () => new ProcessPoolExecutor({ manager: 'thread' })],
] as const) {
  test(`what an aborted call would have transferred stays, and it has an empty output (${name})`, async (t) => {
    const pool = closeAfter(t, make());
    const buffer = new ArrayBuffer(16);
    const view = pool.with({ signal, transfer: [buffer], captureOutput: true });
    const future = view.submit(echo, buffer);
    await assertCancelled(future);
    assert.equal(buffer.byteLength, 16);
    assert.deepEqual(future.output, { stdout: '', stderr: '' });
  });
}
