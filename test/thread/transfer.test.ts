/** What is moved or shared instead of copied: buffers, ports, shared memory, there and back. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { PicklingError, ThreadPoolExecutor } from 'concurrent-futures';
import {
  bump,
  bumpShared,
  openChannel,
  sayHello,
  transferWrongly,
} from '../fixtures/payload-tasks.ts';
import { SharedGate, waitAtShared } from '../fixtures/shared-gate.ts';
import { add, echo, noop } from '../fixtures/tasks.ts';

/** A pool of one worker that waits for calls, or has one in hand. */
async function withPool(
  busy: boolean,
  use: (pool: ThreadPoolExecutor) => Promise<void>,
): Promise<void> {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  const gate = new SharedGate();
  const first = busy ? pool.submit(waitAtShared, gate.words, 0) : pool.submit(noop);
  if (busy) await gate.whenArrived(1);
  else await first;
  const used = use(pool);
  gate.open();
  await first;
  await used;
}

for (const busy of [false, true]) {
  suite(busy ? 'behind other calls' : 'to an idle worker', () => {
    test('a buffer is moved there and back', () =>
      withPool(busy, async (pool) => {
        const bytes = new Uint8Array(1000).fill(1);
        const { buffer } = bytes;
        const future = pool.with({ transfer: [buffer] }).submit(bump, bytes);
        assert.equal(buffer.byteLength, 0, 'moved at once');
        const back = await future;
        assert.equal(back.length, 1000);
        assert.ok(back.every((byte) => byte === 2));
      }));

    test('a port is moved, and connects the two threads', () =>
      withPool(busy, async (pool) => {
        const { port1, port2 } = new MessageChannel();
        const message = once(port1, 'message');
        await pool.with({ transfer: [port2] }).submit(sayHello, port2);
        assert.match(String((await message)[0]), /^hello from \d+$/);
        port1.close();
      }));

    test('shared memory is shared', () =>
      withPool(busy, async (pool) => {
        const memory = new SharedArrayBuffer(4);
        const calls = Array.from({ length: 10 }, () => pool.submit(bumpShared, memory));
        for (const call of calls) assert.equal(await call, true);
        assert.equal(new Int32Array(memory)[0], 10);
      }));

    test('a call with a moved buffer can be cancelled or not; what was moved stays moved', () =>
      withPool(busy, async (pool) => {
        const bytes = new Uint8Array(16);
        const future = pool.with({ transfer: [bytes.buffer] }).submit(bump, bytes);
        const cancelled = future.cancel();
        assert.equal(bytes.length, 0);
        if (cancelled) assert.equal(future.cancelled(), true);
        else assert.equal((await future).length, 16);
        assert.equal(await pool.submit(add, 1, 2), 3);
      }));
  });
}

test('a task can give away a port', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  const port = await pool.submit(openChannel);
  const answer = once(port, 'message');
  port.postMessage('quiet');
  assert.deepEqual(await answer, ['QUIET']);
  port.close();
});

test('a result that cannot be moved as asked fails its call, and the worker goes on', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  const error = await pool.submit(transferWrongly).exception();
  assert.ok(error instanceof PicklingError);
  assert.match(error.message, /transferWrongly/);
  assert.equal(await pool.submit(add, 1, 2), 3);
});

test('many buffers moved both ways at once', async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
  const futures = Array.from({ length: 500 }, (_, i) => {
    const bytes = new Uint8Array(64).fill(i & 127);
    return pool.with({ transfer: [bytes.buffer] }).submit(bump, bytes);
  });
  for (const [i, future] of futures.entries()) {
    const back = await future;
    assert.ok(back.every((byte) => byte === (i & 127) + 1));
  }
});

for (const busy of [false, true]) {
  const where = busy ? 'behind other calls' : 'to an idle worker';
  test(`a buffer that is detached already, ${where}, fails its call and nothing else`, () =>
    withPool(busy, async (pool) => {
      const bytes = new Uint8Array(8);
      structuredClone(bytes, { transfer: [bytes.buffer] });
      const error = await pool
        .with({ transfer: [bytes.buffer] })
        .submit(bump, bytes)
        .exception();
      assert.ok(error instanceof PicklingError);
      const { port1 } = new MessageChannel();
      assert.ok((await pool.submit(echo, port1).exception()) instanceof PicklingError);
      port1.close();
      assert.equal(await pool.submit(add, 1, 2), 3);
    }));
}
