/** Ours: the built package of this working tree; tasks are plain functions of a module. */
import { ClusterExecutor } from '../../../dist/bundle/cluster.js';
import { QUEUE, root, Site } from '../../cluster-site.mjs';
import { noop } from '../../workers/work.mjs';

const tasks = { noop };

export function start(workers) {
  let site;
  let cluster;
  return {
    call(name) {
      const fn = tasks[name];
      return (value) => cluster.submit(fn, value);
    },
    map: (name, items, chunkSize) => cluster.with({ chunkSize }).map(tasks[name], items),
    async ready() {
      site = await Site.open();
      await site.addHost('cluster-host', { workers });
      cluster = new ClusterExecutor({ connection: site.url, queue: QUEUE, root });
    },
    async stop() {
      await cluster.shutdown();
      await site.close();
    },
  };
}
