/**
 * How code finds out that it runs in a worker whose entry has not run yet.
 *
 * A module given with `--import` or `--require` is loaded by every worker, before anything of this library is. If it
 * makes a pool and submits, each worker of that pool does the same, without end. So the parent marks its workers where
 * such a module can be told of it: a process in its environment, a thread in its `workerData`. The entry takes the mark
 * away before it lets other code run.
 */
import { workerData } from 'node:worker_threads';
import { deleteProperty, getOwnPropertyDescriptor, trueProcess } from '../util/primordials.ts';

/** The environment variable of a process, and the property of a thread's `workerData`. */
export const PROCESS_MARK = 'CONCURRENT_FUTURES_WORKER';
export const THREAD_MARK = 'concurrentFutures';
/** The value of both. */
export const STARTING_WORKER = 'starting';

let mayBeStarting = true;

/** True from the start of a worker until its entry runs: what runs meanwhile are preloaded modules. */
export function isStartingWorker(): boolean {
  if (mayBeStarting) mayBeStarting = isMarked();
  return mayBeStarting;
}

/** Says, in a worker, that its entry runs: from now on its code may use pools. */
export function clearWorkerMark(): void {
  delete trueProcess.env[PROCESS_MARK];
  const data = workerData as unknown;
  // In place: what a module has imported does not see a new object.
  if (typeof data === 'object' && data !== null) deleteProperty(data, THREAD_MARK);
}

function isMarked(): boolean {
  if (trueProcess.env[PROCESS_MARK] === STARTING_WORKER) return true;
  const data = workerData as unknown;
  if (typeof data !== 'object' || data === null) return false;
  return getOwnPropertyDescriptor(data, THREAD_MARK)?.value === STARTING_WORKER;
}
