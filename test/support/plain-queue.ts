/** A queue like those of programs that use BullMQ directly. */
import type { TestContext } from 'node:test';
import { Queue } from 'bullmq';
import { redisUrl } from './redis.js';

export function plainQueue(t: TestContext, queue: string): Queue {
  const { hostname: host, port } = new URL(redisUrl());
  const plain = new Queue(queue, {
    prefix: `{cf:${queue}}`,
    connection: { host, port: Number(port) },
  });
  t.after(() => plain.close());
  return plain;
}
