/**
 * What a worker thread starts with. Shipped as one script, `thread-entry.cjs`: see
 * scripts/bundle.mjs.
 */
import { type MessagePort, workerData } from 'node:worker_threads';
import type { WorkerStart } from '../protocol/messages.ts';
import { ThreadWorker } from './thread-worker.ts';

const { start, port } = workerData as { start: WorkerStart; port: MessagePort };

void new ThreadWorker(start, port).run();
