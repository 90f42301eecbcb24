/** A worker of plain BullMQ that runs tasks on its own thread, in a process that ends with whoever has started it. */
import { createRequire } from 'node:module';
import * as tasks from './work.mjs';

const { Redis, Worker } = { ...createRequire(import.meta.url)('ioredis'), ...createRequire(import.meta.url)('bullmq') };
const { connection, concurrency, lease, queue } = JSON.parse(process.argv[2]);
const client = new Redis(connection, { maxRetriesPerRequest: null });
const worker = new Worker(queue, async (job) => tasks[job.name](...(job.data.args?.json ?? job.data)), {
  ...(process.env.PREFIX ? { prefix: process.env.PREFIX } : {}), ...(process.env.WNAME ? { name: process.env.WNAME } : {}),
  connection: client,
  concurrency,
  lockDuration: lease ?? 15_000,
  stalledInterval: (lease ?? 15_000) / 2,
  maxStalledCount: 3,
});
worker.on('error', () => {});
await worker.waitUntilReady();
process.once('disconnect', () => void worker.close().then(() => client.disconnect()));
process.send('ready');
