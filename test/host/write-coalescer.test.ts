/** What a host does once in a turn of its event loop, however many calls there are in it. */
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { WriteCoalescer } from '#dist/host/write-coalescer.js';
import type { RedisClient } from '#dist/cluster/connection.js';

/** As much of a connection as is used, and the pieces in which it has sent what was written. */
function connection(): { client: RedisClient; stream: Writable; sent: number[] } {
  const sent: number[] = [];
  const stream = new Writable({
    write: (_chunk, _encoding, done) => {
      sent.push(1);
      done();
    },
    writev: (chunks, done) => {
      sent.push(chunks.length);
      done();
    },
  });
  return { client: { stream } as unknown as RedisClient, stream, sent };
}

test('whoever waits for the end of a turn goes on after what needs no waiting, and with all others', async () => {
  const turn = new WriteCoalescer(connection().client);
  const order: string[] = [];
  const first = turn.end().then(() => order.push('first'));
  const chain = Promise.resolve()
    .then(() => {})
    .then(() => order.push('chain'));
  const second = turn.end().then(() => order.push('second'));
  await Promise.all([first, second, chain]);
  assert.deepEqual(order, ['chain', 'first', 'second']);
  await turn.end();
});

test('what is written in a turn is sent in one piece at its end, and no later', async () => {
  const { client, stream, sent } = connection();
  const turn = new WriteCoalescer(client);
  for (let i = 0; i < 3; i++) {
    turn.gatherWrites();
    stream.write('x');
  }
  assert.deepEqual(sent, []);
  await turn.end();
  assert.deepEqual(sent, [3]);
  stream.write('x');
  assert.deepEqual(sent, [3, 1]);
});

test('a connection that is gone is nothing to gather for', async () => {
  const turn = new WriteCoalescer({ stream: null } as unknown as RedisClient);
  assert.doesNotThrow(() => turn.gatherWrites());
  // What the end of the turn throws would end the process.
  await turn.end();
});
