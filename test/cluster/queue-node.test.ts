/** Which node of a Redis Cluster has a queue is worked out here, as the nodes do it; and connections are made anew. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { Redis } from 'ioredis';
import { hashSlotOf, reconnect } from '#dist/cluster/queue-node.js';
import { needsRedis, redisUrl } from '../support/redis.js';

test('slots are those of Redis Cluster, whatever the tag is written in', () => {
  assert.deepEqual(
    ['123456789', 'foo', '', 'cf:q', 'cf:bücher'].map(hashSlotOf),
    [12_739, 12_182, 0, 12_077, 4_903],
  );
});

/** A sentinel that says where the master is when `answer` is called. */
class SlowSentinel {
  readonly #server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      for (const command of bytes
        .toString()
        .split(/^\*\d+\r\n/m)
        .slice(1)) {
        if (command.includes('get-master-addr-by-name')) this.#asked(socket);
        else socket.write('+OK\r\n');
      }
    });
  });
  #asked: (socket: Socket) => void = () => {};

  static async start(t: TestContext): Promise<SlowSentinel> {
    const sentinel = new SlowSentinel();
    sentinel.#server.listen(0, '127.0.0.1');
    await once(sentinel.#server, 'listening');
    t.after(() => sentinel.#server.close());
    return sentinel;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves when a client asks for the master, with a function that answers it. */
  whenAsked(): Promise<() => void> {
    const { hostname, port } = new URL(redisUrl());
    const answer = `*2\r\n$${hostname.length}\r\n${hostname}\r\n$${port.length}\r\n${port}\r\n`;
    return new Promise((resolve) => {
      this.#asked = (socket) => resolve(() => socket.write(answer));
    });
  }
}

test(
  'a client that asks a sentinel for the master connects, although it is told to reconnect',
  { skip: needsRedis },
  async (t) => {
    const sentinel = await SlowSentinel.start(t);
    const asked = sentinel.whenAsked();
    const client = new Redis({
      sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
      name: 'master',
      updateSentinels: false,
    });
    client.on('error', () => {});
    t.after(() => client.disconnect());
    const answer = await asked;
    reconnect(client);
    answer();
    assert.equal(await client.ping(), 'PONG');
  },
);

test('a client with a connection makes a new one', { skip: needsRedis }, async (t) => {
  const client = new Redis(redisUrl());
  t.after(() => client.disconnect());
  const before = await client.client('ID');
  const closed = once(client, 'close');
  reconnect(client);
  await closed;
  assert.notEqual(await client.client('ID'), before);
});
