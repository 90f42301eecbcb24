/** Bytes written by hand to a channel that holds only so many. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { WriteQueue } from '#dist/process/write-queue.js';

interface Channel {
  readonly fd: number;
  /** Reads until nothing is there. */
  readonly readAll: () => Buffer;
}

/** A pipe that never blocks, as the channel of a worker. */
function makeChannel(t: TestContext): Channel {
  const folder = mkdtempSync(join(tmpdir(), 'write-queue-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  t.after(() => closeSync(fd));
  const readAll = (): Buffer => {
    const read: Buffer[] = [];
    for (;;) {
      const piece = Buffer.alloc(64 * 1024);
      try {
        read.push(piece.subarray(0, readSync(fd, piece)));
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
        return Buffer.concat(read);
      }
    }
  };
  return { fd, readAll };
}

/** A stream that is never written to. */
const idle = new Socket();

function pieces(count: number, length: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => new Uint8Array(length).fill(i + 1));
}

test('what there is room for is written at once, and nobody is told', (t) => {
  const { fd, readAll } = makeChannel(t);
  const queue = new WriteQueue(fd, idle, () => assert.fail());
  queue.put(pieces(3, 10));
  queue.put([new Uint8Array(0)]);
  assert.equal(queue.isStuck, false);
  assert.deepEqual(readAll(), Buffer.concat(pieces(3, 10)));
});

test('what there is no room for leaves in order as the other side reads, without an event', (t) => {
  const { fd, readAll } = makeChannel(t);
  const queue = new WriteQueue(fd, idle, () => {});
  const all = [...pieces(5, 100_000), new Uint8Array(0), ...pieces(200, 7)];
  for (const piece of all) queue.put([piece]);
  const read: Buffer[] = [];
  while (queue.isStuck) {
    read.push(readAll());
    queue.flush();
  }
  read.push(readAll());
  assert.ok(Buffer.concat(read).equals(Buffer.concat(all)));
});

test('nothing moves while nobody reads', (t) => {
  const { fd, readAll } = makeChannel(t);
  const queue = new WriteQueue(fd, idle, () => {});
  queue.put(pieces(1, 100_000));
  assert.equal(queue.flush(), false);
  assert.ok(queue.isStuck);
  readAll();
  assert.equal(queue.flush(), true);
  assert.ok(!queue.isStuck);
  readAll();
});

test('the event loop writes on by itself, and tells when all has been taken', async (t) => {
  const { fd, readAll } = makeChannel(t);
  const all = pieces(4, 100_000);
  const read: Buffer[] = [];
  await new Promise<void>((resolve) => {
    const queue = new WriteQueue(fd, idle, () => {
      assert.ok(!queue.isStuck);
      clearInterval(reading);
      resolve();
    });
    // The other side reads late, and rarely.
    const reading = setInterval(() => read.push(readAll()), 5);
    queue.put(all);
  });
  read.push(readAll());
  assert.ok(Buffer.concat(read).equals(Buffer.concat(all)));
});

test("what can't be written by hand is left to the stream, in order, and so is all behind it", async (t) => {
  const closed = openSync('/dev/null', 'r');
  t.after(() => closeSync(closed));
  const stream = new PassThrough({ highWaterMark: 1 });
  const read: Buffer[] = [];
  await new Promise<void>((resolve) => {
    const queue = new WriteQueue(closed, stream as unknown as Socket, () => {
      assert.ok(!queue.isStuck);
      resolve();
    });
    queue.put(pieces(2, 10));
    queue.put(pieces(1, 20));
    assert.ok(queue.isStuck);
    stream.on('data', (chunk: Buffer) => read.push(chunk));
  });
  assert.deepEqual(Buffer.concat(read), Buffer.concat([...pieces(2, 10), ...pieces(1, 20)]));
});

test('a stream that fails leaves it stuck for good, and what comes later is dropped', async (t) => {
  const closed = openSync('/dev/null', 'r');
  t.after(() => closeSync(closed));
  const stream = new PassThrough({ highWaterMark: 1 });
  const queue = new WriteQueue(closed, stream as unknown as Socket, () => assert.fail());
  queue.put(pieces(1, 10));
  stream.destroy(new Error('as if the parent were gone'));
  await assert.rejects(once(stream, 'close'), /gone/);
  queue.put(pieces(1, 10));
  assert.ok(queue.isStuck);
});
