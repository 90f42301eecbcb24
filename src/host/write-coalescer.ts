/**
 * Actions at the end of a turn of the event loop, once for all requests of that turn.
 *
 * Many jobs arrive at a time, as the answers in one read from the socket; and so do outcomes, as notices of workers.
 * Taken one by one, each job would wake a worker that had just gone to sleep, and each outcome would be a system call
 * here and one in Redis. Both cost more than all other work for a short call.
 */
import type { Redis } from 'ioredis';
import type { RedisClient } from '../cluster/connection.ts';

export class WriteCoalescer {
  readonly #client: RedisClient;
  #end: Promise<void> | undefined = undefined;
  #gathers = false;

  /** @param client - the client whose commands are gathered. */
  constructor(client: RedisClient) {
    this.#client = client;
  }

  /** Resolves when all work of this turn that needs no waiting is done. */
  end(): Promise<void> {
    return (this.#end ??= new Promise((resolve) => {
      process.nextTick(() => {
        this.#end = undefined;
        resolve();
      });
    }));
  }

  /** Commands that are sent to Redis until the turn ends leave in one piece. */
  gatherWrites(): void {
    if (this.#gathers) return;
    this.#gathers = true;
    const streams = nodesOf(this.#client).map(({ stream }) => stream);
    for (const stream of streams) stream?.cork();
    process.nextTick(() => {
      this.#gathers = false;
      for (const stream of streams) stream?.uncork();
    });
  }
}

function nodesOf(client: RedisClient): Redis[] {
  return 'nodes' in client ? client.nodes('master') : [client];
}
