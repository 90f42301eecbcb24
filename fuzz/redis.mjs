/** The Redis of all rounds on a cluster, and its settings for them. */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { findRedisServer, startRedis } from '../scripts/redis.mjs';

/** @returns the Redis in `REDIS_URL`, or else one of our own; undefined if there is no program to start. */
export async function openRedis() {
  const given = process.env.REDIS_URL || undefined;
  if (given !== undefined) return new RoundsRedis(given);
  const program = await findRedisServer({ install: true });
  if (program === undefined) return undefined;
  const server = await startRedis(program);
  return new RoundsRedis(server.url, server);
}

class RoundsRedis {
  #url;
  #server;
  #client;

  constructor(url, server) {
    this.#url = url;
    this.#server = server;
    this.#client = new Redis(url);
    // Rounds report themselves if they can't reach it.
    this.#client.on('error', () => {});
  }

  /** Runs a round with a queue of its own. @param run - gets additions to its environment. */
  async withQueue(run) {
    const queue = `fuzz-${randomUUID()}`;
    try {
      return await run({ REDIS_URL: this.#url, CF_FUZZ_QUEUE: queue });
    } finally {
      await this.#forget(queue);
    }
  }

  async close() {
    this.#client.disconnect();
    await this.#server?.stop();
  }

  /** Outcomes and events would be kept for an hour. */
  async #forget(queue) {
    for await (const keys of this.#client.scanStream({ match: `{cf:${queue}}:*`, count: 1000 }))
      if (keys.length > 0) await this.#client.unlink(...keys);
  }
}
