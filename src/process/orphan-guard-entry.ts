/**
 * A thread beside the worker that ends the process when its parent is gone.
 *
 * The worker itself notices when its event loop gets a turn, and leaves in order; a task that computes
 * for minutes does not give it one, and would go on for nobody. This thread only waits for one
 * descriptor to close, which costs no time.
 */
import { workerData } from 'node:worker_threads';
import { socketOver } from './descriptor-socket.ts';

/** Milliseconds that the worker has for leaving by itself. */
const GRACE = 400;

const lifeline = socketOver(workerData as number, false);
lifeline.on('error', () => {});
lifeline.on('close', () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE));
lifeline.resume();
