/** A master, its replica, and sentinels that promote the replica when the master is gone; all of one test. */
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { Redis } from 'ioredis';
import { until } from './processes.js';
import { startRedisServer, type TestRedis } from './redis.js';

const SENTINELS = 3;
const QUORUM = 2;
/** Milliseconds after which a sentinel takes a master for dead. With less, a busy machine looks like a failure. */
const DOWN_AFTER = 2_000;
/**
 * Milliseconds by which a sentinel's timer may be late before it distrusts its own clock, and does nothing for half a
 * minute. The default is 2 s, which a busy machine exceeds.
 */
const LATE = 60_000;
/** Milliseconds: half the time after which sentinels repeat an undecided vote. */
const FAILOVER = 5_000;

interface Connection {
  readonly sentinels: { readonly host: string; readonly port: number }[];
  readonly name: string;
}

export class WatchedRedis {
  readonly name = 'the-master';
  /** The master at first. */
  readonly master: TestRedis;
  readonly replica: TestRedis;
  readonly sentinels: readonly TestRedis[];

  constructor(master: TestRedis, replica: TestRedis, sentinels: readonly TestRedis[]) {
    this.master = master;
    this.replica = replica;
    this.sentinels = sentinels;
  }

  /** The connection for programs. */
  get connection(): Connection {
    const sentinels = this.sentinels.map(({ port }) => ({ host: '127.0.0.1', port }));
    return { sentinels, name: this.name };
  }

  /** A client like one of a program; it is closed when the test is over. */
  client(t: TestContext): Redis {
    const client = new Redis(this.connection).on('error', () => {});
    t.after(() => client.disconnect());
    return client;
  }

  /** Promotes the replica while the master is alive, and resolves when sentinels report it. */
  async failOver(): Promise<void> {
    const switched = this.whenSwitched();
    await this.sentinels[0]?.client().call('SENTINEL', 'FAILOVER', this.name);
    await switched;
  }

  /** Resolves when a sentinel next reports another server as the master. */
  async whenSwitched(): Promise<void> {
    const client = this.sentinels[0]?.client();
    if (client === undefined) throw new Error('There is no sentinel.');
    await client.subscribe('+switch-master');
    await once(client, 'message');
  }
}

export async function startWatchedRedis(
  t: TestContext,
  { config = [] }: { readonly config?: readonly string[] } = {},
): Promise<WatchedRedis> {
  const own = ['repl-diskless-sync-delay 0', ...config];
  const master = await startRedisServer(t, { inMemory: true, config: own });
  const replica = await startRedisServer(t, {
    inMemory: true,
    config: [...own, `replicaof 127.0.0.1 ${master.port}`],
  });
  const name = 'the-master';
  const watch = [
    `sentinel monitor ${name} 127.0.0.1 ${master.port} ${QUORUM}`,
    `sentinel down-after-milliseconds ${name} ${DOWN_AFTER}`,
    `sentinel failover-timeout ${name} ${FAILOVER}`,
  ];
  const sentinels = await Promise.all(
    Array.from({ length: SENTINELS }, () => startRedisServer(t, { sentinel: true, config: watch })),
  );
  for (const sentinel of sentinels)
    await sentinel.client().call('SENTINEL', 'DEBUG', 'tilt-trigger', LATE);
  const watched = new WatchedRedis(master, replica, sentinels);
  for (const sentinel of sentinels) await whenAware(sentinel.client(), watched);
  return watched;
}

/** Resolves when a sentinel has found the replica and all other sentinels. */
async function whenAware(sentinel: Redis, { name, replica }: WatchedRedis): Promise<void> {
  const ask = (what: string): Promise<unknown> => sentinel.call('SENTINEL', what, name);
  await until(
    async () => {
      const replicas = JSON.stringify(await ask('REPLICAS'));
      const others = JSON.stringify(await ask('MASTER'));
      return (
        replicas.includes(`"${replica.port}"`) &&
        replicas.includes('"master-link-status","ok"') &&
        others.includes(`"num-other-sentinels","${SENTINELS - 1}"`)
      );
    },
    () => 'a sentinel does not know all that it has to',
  );
}
