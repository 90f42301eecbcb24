/** What the scenarios share in which something happens to a cluster while calls are under way. */
import { ClusterExecutor } from '../../dist/bundle/cluster.js';
import { QUEUE, root, Site } from '../cluster-site.mjs';

/** Ours with `hosts` hosts; `use` gets `{ site, cluster, hosts }`. */
export async function withCluster({ hosts: count, workers, lease }, use) {
  const site = await Site.open();
  const hosts = [];
  for (let i = 0; i < count; i++) {
    hosts.push(await site.addHost('cluster-host', { workers, lease }));
  }
  const cluster = new ClusterExecutor({ connection: site.url, queue: QUEUE, root });
  try {
    return await use({ site, cluster, hosts });
  } finally {
    await cluster.shutdown();
    await site.close();
  }
}

/** Counts how often each of the calls settles, and how. `all` resolves when each has done so once. */
export class Outcomes {
  completed = 0;
  failed = 0;
  cancelled = 0;
  /** Settled more often than once. */
  again = 0;
  all;
  #settled = new Set();
  #resolve;

  constructor(futures) {
    this.all = new Promise((resolve) => (this.#resolve = resolve));
    for (const future of futures) {
      future.addDoneCallback(() => this.#count(future, futures.length));
    }
  }

  get settled() {
    return this.#settled.size;
  }

  #count(future, total) {
    if (this.#settled.has(future)) this.again++;
    this.#settled.add(future);
    if (future.cancelled()) this.cancelled++;
    else if (future.exceptionSync() === undefined) this.completed++;
    else this.failed++;
    if (this.#settled.size === total) this.#resolve();
  }
}
