/**
 * jest-worker with child processes, with the names of the tasks given so that it need not look for
 * them. Its messages are structured clones by default; JSON is faster for small values.
 */
import { fileURLToPath } from 'node:url';
import { Worker } from 'jest-worker';

export function start(workers, { serialization = 'json' } = {}) {
  const pool = new Worker(fileURLToPath(new URL('../../workers/work.mjs', import.meta.url)), {
    numWorkers: workers,
    enableWorkerThreads: false,
    exposedMethods: ['noop', 'echo', 'spin', 'gather'],
    forkOptions: { serialization },
  });
  return {
    call(name) {
      return (value) => pool[name](value);
    },
    ready: () => undefined,
    stop: () => pool.end(),
  };
}
