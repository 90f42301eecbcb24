/**
 * A host's unique name: a key in Redis that this host renews. The key ends with the host, or some time after it if the
 * host can't delete it.
 */
import { randomUUID } from 'node:crypto';
import { isFull, type RedisClient } from '../cluster/connection.ts';
import { ExecutorError } from '../errors.ts';

/** Only its holder may change the key: another host may have it by now. */
const RENEW =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) else return 0 end";
const RELEASE =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end";

export class HostName {
  readonly #client: RedisClient;
  readonly #key: string;
  readonly #ttl: number;
  readonly #token = randomUUID();
  #timer: NodeJS.Timeout | undefined = undefined;

  private constructor(client: RedisClient, key: string, ttl: number) {
    this.#client = client;
    this.#key = key;
    this.#ttl = ttl;
  }

  /**
   * @param ttl - milliseconds for which the name stays taken without a renewal.
   * @throws ExecutorError (`ERR_HOST_NAME`) if another host has it.
   */
  static async take(
    client: RedisClient,
    key: string,
    name: string,
    ttl: number,
  ): Promise<HostName> {
    const taken = new HostName(client, key, ttl);
    // A full server has no room for a name either, and needs this host all the more. The name is taken later then.
    const isTaken = await taken.#take().catch((error: unknown) => {
      if (isFull(error)) return true;
      throw error;
    });
    if (!isTaken) {
      throw new ExecutorError(
        `Another host of this queue is called ${name}. Give this one another name; if that host has just died, wait ${Math.ceil(ttl / 1000)} s.`,
        { code: 'ERR_HOST_NAME' },
      );
    }
    taken.#timer = setInterval(() => void taken.#renew(), ttl / 3);
    return taken;
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    // Without Redis the key expires by itself.
    if (this.#client.status !== 'ready') return;
    await this.#client.eval(RELEASE, 1, this.#key, this.#token).catch(() => {});
  }

  async #take(): Promise<boolean> {
    return (await this.#client.set(this.#key, this.#token, 'PX', this.#ttl, 'NX')) === 'OK';
  }

  async #renew(): Promise<void> {
    // Without Redis no other host can take the name either; after a restart of Redis that lost it, it is taken anew.
    const renewed = await this.#client
      .eval(RENEW, 1, this.#key, this.#token, this.#ttl)
      .catch(() => 1);
    if (renewed === 0) await this.#take().catch(() => false);
  }
}
