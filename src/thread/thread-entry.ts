/** The entry of a worker thread. Shipped as one script, `thread-entry.cjs`: see scripts/bundle.mjs. */
import { type MessagePort, workerData } from 'node:worker_threads';
import type { ThreadStart } from '../protocol/thread-messages.ts';
import { clearWorkerMark } from '../protocol/worker-mark.ts';
import { ThreadPort } from './thread-port.ts';

const given = workerData as { start?: ThreadStart; port?: MessagePort };
const { start, port } = given as { start: ThreadStart; port: MessagePort };
// Only the pool uses the port; tasks must not reach it.
delete given.start;
delete given.port;

clearWorkerMark();
ThreadPort.open(start, port);
