/**
 * What a cluster needs besides the process that is measured: a Redis of its own, with its log written once
 * a second, and hosts, each a process. All of it ends with this process, whatever happens.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { findRedisServer, startRedis } from '../scripts/redis.mjs';

export const QUEUE = 'bench';
/** Below which modules have the same names for hosts and for whoever submits. */
export const root = fileURLToPath(new URL('.', import.meta.url));

export class Site {
  #redis;
  #hosts = [];

  static async open() {
    const site = new Site();
    site.#redis = await startRedis(await findRedisServer());
    return site;
  }

  get url() {
    return this.#redis.url;
  }

  get redis() {
    return this.#redis;
  }

  /** @param worker - a file in `workers/` that says by a message when it is ready. */
  async addHost(worker, options) {
    const file = new URL(`workers/${worker}.mjs`, import.meta.url);
    const host = fork(file, [JSON.stringify({ connection: this.url, queue: QUEUE, ...options })]);
    this.#hosts.push(host);
    await Promise.race([once(host, 'message'), failure(host)]);
    return host;
  }

  async close() {
    for (const host of this.#hosts) if (host.connected) host.disconnect();
    await Promise.all(this.#hosts.map(ended));
    await this.#redis.stop();
  }
}

async function failure(host) {
  const [code] = await once(host, 'exit');
  throw new Error(`A host has ended with ${code}`);
}

async function ended(host) {
  if (host.exitCode === null && host.signalCode === null) await once(host, 'exit');
}
