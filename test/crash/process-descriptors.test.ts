/**
 * A worker inherits three descriptors that its tasks could lay hands on. Whatever they do to them, every
 * call settles, none with what it did not return, and the pool goes on.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { inspect } from 'node:util';
import { BrokenProcessPool, type Future, ProcessPoolExecutor, wait } from 'concurrent-futures';
import {
  closeDescriptor,
  kindOf,
  ownPid,
  scribble,
  scribbleAmid,
  scribbleBehind,
} from '../fixtures/process-tasks.ts';
import { echo } from '../fixtures/tasks.ts';
import { workerBackends } from '../support/backends.ts';
import { deathOf } from '../support/deaths.ts';
import { closeAfter } from '../support/held.ts';
import { whenGone } from '../support/processes.ts';

const backend = workerBackends.find(({ name }) => name === 'processes')!;

const CHANNEL = 3;
const CLAIMS = 4;
const LIFELINE = 5;

/** Milliseconds. Far more than it takes: calls that have not settled by then never will. */
const PATIENCE = 10_000;

const messes: readonly { readonly name: string; readonly bytes: Uint8Array }[] = [
  { name: 'a line of text', bytes: Buffer.from('debug: something that was to go to the log\n') },
  { name: 'random bytes', bytes: Uint8Array.from({ length: 5000 }, (_, i) => (i * i * 31) >> 3) },
  { name: 'zeros', bytes: new Uint8Array(1024) },
];

/** The result of a call that may have been lost with its worker. */
async function valueOrDeath<T>(future: Future<T>): Promise<T | undefined> {
  const error = await future.exception();
  if (error === undefined) return future;
  assert.ok(error instanceof BrokenProcessPool, inspect(error));
  assert.equal(error.code, 'ERR_WORKER_DIED', inspect(error));
  return undefined;
}

test('the list of descriptors is what it is said to be, and there are no others', async (t) => {
  const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 1 }));
  const kinds = await Promise.all([CHANNEL, CLAIMS, LIFELINE].map((fd) => pool.submit(kindOf, fd)));
  assert.deepEqual(kinds, ['socket', 'file', 'socket']);
});

suite('the channel', () => {
  test('that a task closes ends its worker; the call fails, others complete', async (t) => {
    const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 1 }));
    const pid = await pool.submit(ownPid);
    const lost = pool.submit(closeDescriptor, CHANNEL, 'value');
    const behind = Array.from({ length: 20 }, (_, i) => pool.submit(echo, i));
    const error = await deathOf(backend, lost);
    assert.equal(error.pid, pid);
    assert.equal(error.task, 'closeDescriptor');
    assert.deepEqual(
      await Promise.all(behind),
      behind.map((_, i) => i),
    );
    await whenGone([pid]);
  });

  for (const { name, bytes } of messes) {
    test(`that has ${name} in it before a result is given up with its worker, and the error says why`, async (t) => {
      const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 1 }));
      const pid = await pool.submit(ownPid);
      const lost = pool.submit(scribble, CHANNEL, bytes, 'value');
      const behind = Array.from({ length: 20 }, (_, i) => pool.submit(echo, i));
      const error = await deathOf(backend, lost);
      assert.equal(error.pid, pid);
      assert.equal(error.task, 'scribble');
      assert.match(error.message, /file descriptor 3/);
      for (const [i, each] of behind.entries())
        assert.ok([i, undefined].includes(await valueOrDeath(each)));
      assert.notEqual(await pool.submit(ownPid), pid);
      await whenGone([pid]);
    });

    test(`that has ${name} in it behind a result is given up; that result is kept`, async (t) => {
      const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 1 }));
      const pid = await pool.submit(ownPid);
      const kept = pool.submit(scribbleBehind, CHANNEL, bytes, 'value');
      assert.equal(await kept, 'value');
      const behind = Array.from({ length: 20 }, (_, i) => pool.submit(echo, i));
      for (const [i, each] of behind.entries())
        assert.ok([i, undefined].includes(await valueOrDeath(each)));
      await whenGone([pid]);
      assert.equal(await pool.submit(echo, 'next'), 'next');
    });

    test(`that gets ${name} in the middle of a large result loses at most its worker's calls`, async (t) => {
      const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 1 }));
      const pid = await pool.submit(ownPid);
      const amid = pool.submit(scribbleAmid, CHANNEL, bytes, 3 << 20);
      const behind = Array.from({ length: 20 }, (_, i) => pool.submit(echo, i));
      await amid.exception();
      for (const [i, each] of behind.entries())
        assert.ok([i, undefined].includes(await valueOrDeath(each)));
      await whenGone([pid]);
      assert.equal(await pool.submit(echo, 'next'), 'next');
    });
  }
});

suite('the claim log', () => {
  test('that a task closes costs at most its own worker; everything settles', async (t) => {
    t.mock.method(process.stderr, 'write', () => true);
    const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 2 }));
    const value = await valueOrDeath(pool.submit(closeDescriptor, CLAIMS, 'value'));
    assert.ok(value === 'value' || value === undefined);
    const behind = Array.from({ length: 50 }, (_, i) => pool.submit(echo, i));
    let lost = 0;
    for (const [i, each] of behind.entries()) {
      const result = await valueOrDeath(each);
      if (result === undefined) lost++;
      else assert.equal(result, i);
    }
    assert.ok(lost <= 1, `${lost} calls lost`);
  });

  const scribbles = [
    ...messes,
    { name: 'a part of a record', bytes: Uint8Array.of(1, 2, 3) },
    { name: 'what claims everything', bytes: new Uint8Array(new Float64Array([1, 1e15]).buffer) },
    { name: 'what takes everything', bytes: new Uint8Array(new Float64Array([6, 1e15]).buffer) },
    { name: 'what gives everything up', bytes: new Uint8Array(new Float64Array([7, 1e15]).buffer) },
  ];
  for (const { name, bytes } of scribbles) {
    test(`with ${name} in it leaves no call unsettled, and invents no result`, async () => {
      const pool = new ProcessPoolExecutor({ maxWorkers: 2 });
      try {
        assert.equal(await pool.submit(scribble, CLAIMS, bytes, 'value'), 'value');
        const futures = Array.from({ length: 200 }, (_, i) => pool.submit(echo, i));
        for (const [i, each] of futures.entries()) if (i % 5 === 0) each.cancel();
        const { notDone } = await wait(futures, { timeout: PATIENCE });
        assert.equal(notDone.size, 0, `${notDone.size} calls have not settled`);
        for (const [i, each] of futures.entries()) {
          if (!each.cancelled()) assert.ok([i, undefined].includes(await valueOrDeath(each)));
        }
        assert.equal(await pool.submit(echo, 'next'), 'next');
      } finally {
        pool.killWorkers();
      }
    });
  }
});

test('a closed lifeline changes nothing: the worker still ends with its pool', async (t) => {
  const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 1 }));
  assert.equal(await pool.submit(closeDescriptor, LIFELINE, 'value'), 'value');
  const pid = await pool.submit(ownPid);
  assert.equal(await pool.submit(echo, 'next'), 'next');
  await pool.shutdown();
  await whenGone([pid]);
});
