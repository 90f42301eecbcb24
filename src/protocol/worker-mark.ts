/**
 * How a worker is known to be one before its entry has run, when it loads what `--import` and `--require` name: by its
 * environment, or by its `workerData`.
 */
import { workerData } from 'node:worker_threads';

/** The environment variable that a worker process starts with; its entry takes it away before any task runs. */
export const STARTING_VARIABLE = 'CONCURRENT_FUTURES_WORKER';
const STARTING = 'starting';

/** What the `workerData` of a worker thread has until its entry runs. */
export const STARTING_DATA: { readonly concurrentFutures: string } = {
  concurrentFutures: STARTING,
};

/** The environment of a worker process that is about to start. */
export function startingEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, [STARTING_VARIABLE]: STARTING };
}

/** Says, in a worker, that its entry runs: from now on its code may use pools. */
export function clearWorkerMark(): void {
  delete process.env[STARTING_VARIABLE];
  const data = workerData as { concurrentFutures?: string } | null;
  if (typeof data === 'object' && data !== null) delete data.concurrentFutures;
}

/** Whether this is a worker whose entry has not run yet. */
export function isStartingWorker(): boolean {
  const data = workerData as { concurrentFutures?: string } | null;
  return (
    process.env[STARTING_VARIABLE] === STARTING ||
    (typeof data === 'object' && data !== null && Object.hasOwn(data, 'concurrentFutures'))
  );
}
