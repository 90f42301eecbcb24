/**
 * Tells code that it runs in a worker whose entry has not run yet.
 *
 * Every worker loads a module given with `--import` or `--require` before anything of this library. If such a module
 * makes a pool and submits, each worker of that pool does the same, without end. So the parent marks its workers
 * where the module's copy of this library can read it: a process in its environment, a thread in its `workerData`.
 * The entry removes the mark before it runs any other code.
 */
import { workerData } from 'node:worker_threads';
import { deleteProperty, getOwnPropertyDescriptor, trueProcess } from '../util/primordials.ts';

/** The environment variable of a process, and the property of a thread's `workerData`. */
export const PROCESS_MARK = 'CONCURRENT_FUTURES_WORKER';
export const THREAD_MARK = 'concurrentFutures';
/** The value of both marks. */
export const STARTING_WORKER = 'starting';

let mayBeStarting = true;

/** True from the start of a worker until its entry runs: until then, only preloaded modules run. */
export function isStartingWorker(): boolean {
  if (mayBeStarting) mayBeStarting = isMarked();
  return mayBeStarting;
}

/** Called by a worker's entry when it begins: from now on, code in this worker may use pools. */
export function clearWorkerMark(): void {
  delete trueProcess.env[PROCESS_MARK];
  const data = workerData as unknown;
  // The property is deleted in place: code that has imported `workerData` would not get a new object.
  if (typeof data === 'object' && data !== null) deleteProperty(data, THREAD_MARK);
}

function isMarked(): boolean {
  if (trueProcess.env[PROCESS_MARK] === STARTING_WORKER) return true;
  const data = workerData as unknown;
  if (typeof data !== 'object' || data === null) return false;
  return getOwnPropertyDescriptor(data, THREAD_MARK)?.value === STARTING_WORKER;
}
