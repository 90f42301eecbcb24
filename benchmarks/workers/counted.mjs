/** Tasks that write down in Redis that they have begun. */
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';

const clients = new Map();

function clientOf(url) {
  if (!clients.has(url)) clients.set(url, new Redis(url));
  return clients.get(url);
}

/** Takes `length` milliseconds. */
export async function countedSleep({ redis, key, length }) {
  await clientOf(redis).incr(key);
  await setTimeout(length);
}

/** Adds `member` to a set. */
export async function sign({ redis, key, member }) {
  await clientOf(redis).sadd(key, member);
}
