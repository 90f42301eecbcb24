/** A worker of plain BullMQ that runs tasks on its own thread, in a process that ends with whoever has started it. */
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { noop } from './work.mjs';

const tasks = { noop };
const { connection, queue, concurrency } = JSON.parse(process.argv[2]);
const client = new Redis(connection, { maxRetriesPerRequest: null });
const worker = new Worker(queue, async ({ name, data }) => tasks[name](...data), {
  connection: client,
  concurrency,
});
worker.on('error', () => {});
await worker.waitUntilReady();
process.once('disconnect', () => void worker.close().then(() => client.disconnect()));
process.send('ready');
