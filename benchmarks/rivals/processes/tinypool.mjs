/**
 * Tinypool's runtime of child processes, a fixed number of them. With one task at a time on each, every
 * call waits for the one before it to come back; `tinypool-ahead.mjs` sends tasks ahead.
 *
 * Its messages are JSON unless told otherwise, which is the faster format for small values.
 */
import { fileURLToPath } from 'node:url';
import { Tinypool } from 'tinypool';

export function start(workers, settings) {
  return startWith(workers, settings, 1);
}

export function startWith(workers, { serialization = 'json' } = {}, concurrentTasksPerWorker) {
  const pool = new Tinypool({
    filename: fileURLToPath(new URL('../../workers/work.mjs', import.meta.url)),
    runtime: 'child_process',
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker,
    serialization,
  });
  return {
    call(name) {
      const options = { name };
      return (value) => pool.run(value, options);
    },
    ready: () => undefined,
    stop: () => pool.destroy(),
  };
}
