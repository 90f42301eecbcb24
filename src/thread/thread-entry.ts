/** The file that a worker thread starts with. */
import { type MessagePort, workerData } from 'node:worker_threads';
import type { WorkerStart } from '../protocol/messages.ts';
import { ThreadWorker } from './thread-worker.ts';

const { start, port } = workerData as { start: WorkerStart; port: MessagePort };

await new ThreadWorker(start, port).run();
