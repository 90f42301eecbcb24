/** A host of a cluster, ours, in a process of its own that ends with whoever has started it. */
import { fileURLToPath } from 'node:url';
import { serveCluster } from '../../dist/bundle/cluster.js';

const { connection, workers, lease, queue } = JSON.parse(process.argv[2]);
const root = fileURLToPath(new URL('..', import.meta.url));
const host = await serveCluster({ connection, queue, workers, lease, root });
process.once('disconnect', () => void host.close());
process.send('ready');
