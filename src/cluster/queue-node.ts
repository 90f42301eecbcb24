/**
 * The server that has the keys of a queue. In a Redis Cluster that is one of several nodes, and another one when its
 * replica has taken over. Commands without a key are sent to that node, and only its loss matters.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { RedisClient } from './connection.ts';
import type { QueueNames } from './queue-names.ts';

const SLOTS = 16_384;
/** The polynomial of the CRC-16 by which Redis Cluster distributes keys. */
const POLYNOMIAL = 0x1021;
/** Milliseconds. */
const BEFORE_AGAIN = 200;
const TIME = "return redis.call('time')";

/** Undefined while it is unknown. */
export function queueNode(client: RedisClient, names: QueueNames): Redis | undefined {
  if (!('nodes' in client)) return client;
  return client.nodes().find((node) => isQueueNode(client.slots, node, names));
}

/** The time of that server's clock. Milliseconds since 1970. */
export async function queueTime(client: RedisClient, names: QueueNames): Promise<number> {
  // A command without a key goes to any node, and their clocks differ.
  const [seconds, microseconds] =
    'nodes' in client
      ? ((await client.eval(TIME, 1, names.settings)) as [string, string])
      : await client.time();
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}

/** Calls `lost` whenever the connection to that server is lost, and `back` when it is restored. */
export function watchQueueNode(
  client: RedisClient,
  names: QueueNames,
  { lost, back }: { readonly lost: (to: Redis) => void; readonly back: () => void },
): void {
  if (!('nodes' in client)) {
    client.on('close', () => lost(client)).on('ready', back);
    return;
  }
  let isAway = false;
  client.on('-node', (node: Redis) => {
    if (isAway || !isQueueNode(client.slots, node, names)) return;
    isAway = true;
    lost(node);
    void whenServed(client, names).then(() => {
      isAway = false;
      back();
    });
  });
}

/** Reconnects. @param to - limits this to connections to that node of a Redis Cluster. */
export function reconnect(client: RedisClient, to?: Redis): void {
  if (!('nodes' in client)) {
    // A client that asks sentinels for the master, and is told to disconnect meanwhile, never connects again. It has no
    // connection then that could be dead.
    if (client.status === 'ready' || client.status === 'connect') client.disconnect(true);
    return;
  }
  // Each node by itself: a Cluster client that is told to disconnect while it resolves the addresses of its nodes
  // never connects again. It replaces a node that is gone, also for subscriptions.
  for (const node of client.nodes())
    if (to === undefined || addressOf(node) === addressOf(to)) node.disconnect();
}

/** Resolves when the current node of the queue answers. Never resolves if the client is closed before. */
async function whenServed(client: RedisClient, { settings }: QueueNames): Promise<void> {
  for (;;) {
    const isServed = await client.exists(settings).then(
      () => true,
      () => false,
    );
    if (isServed) return;
    await delay(BEFORE_AGAIN, undefined, { ref: false });
  }
}

function isQueueNode(
  slots: readonly (readonly string[] | undefined)[],
  node: Redis,
  { hashTag }: QueueNames,
): boolean {
  return slots[hashSlotOf(hashTag)]?.[0] === addressOf(node);
}

/** In the notation of Cluster. */
function addressOf({ options: { host, port } }: Redis): string {
  return `${host}:${port}`;
}

/** @param tag - ASCII or not: what counts is its bytes. */
export function hashSlotOf(tag: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? POLYNOMIAL : 0)) & 0xffff;
  }
  return crc % SLOTS;
}
