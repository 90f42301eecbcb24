/** A host of a cluster, ours, in a process that ends with whoever has started it. */
import { serveCluster } from '../../dist/bundle/cluster.js';
import { root } from '../cluster-site.mjs';

const { connection, queue, workers, lease } = JSON.parse(process.argv[2]);
const host = await serveCluster({ connection, queue, workers, lease, root });
process.once('disconnect', () => void host.close());
process.send('ready');
