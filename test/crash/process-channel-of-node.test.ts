/** Node's own channel between processes, which is for the user's code: we neither use it nor pass it on. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ProcessPoolExecutor } from 'concurrent-futures';
import { ownChannel } from '../fixtures/process-tasks.ts';
import { closeAfter } from '../support/held.ts';

const none = {
  send: 'undefined',
  disconnect: 'undefined',
  channel: 'none',
  listeners: 0,
};

test('a worker has no such channel, and nobody listens to its messages', async (t) => {
  const pool = closeAfter(t, new ProcessPoolExecutor({ maxWorkers: 1 }));
  assert.deepEqual(await pool.submit(ownChannel), none);
});

test('a process that has one keeps it to itself: its workers have none, and disturb it in nothing', async (t) => {
  const script = fileURLToPath(new URL('../fixtures/forked-parent.js', import.meta.url));
  const child = fork(script);
  t.after(() => child.kill('SIGKILL'));
  const messages: unknown[] = [];
  child.on('message', (message) => messages.push(message));
  child.send('hello');
  const [code] = (await once(child, 'exit')) as [number];
  assert.equal(code, 0);
  assert.deepEqual(messages, [{ heard: 'hello', own: 'function', worker: none }, 'over']);
});
