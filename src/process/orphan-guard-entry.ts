/**
 * A thread beside the worker that ends the process when its parent is gone.
 *
 * The worker itself sees its channel close when its event loop gets a turn, and exits in order. A task that computes
 * for minutes gives it no turn, and would go on for nothing. This thread only waits for one descriptor to close, which
 * costs no time.
 */
import { workerData } from 'node:worker_threads';
import { socketOver } from './descriptor-socket.ts';

/** Milliseconds in which the worker may exit by itself. */
const GRACE = 400;

const lifeline = socketOver(workerData as number, false);
lifeline.on('error', () => {});
lifeline.on('close', () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE));
lifeline.resume();
