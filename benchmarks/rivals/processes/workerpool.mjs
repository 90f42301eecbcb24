/** workerpool with child processes, a dedicated worker script and a fixed number of workers. */
import { fileURLToPath } from 'node:url';
import workerpool from 'workerpool';

export function start(workers, { serialization = 'json' } = {}) {
  const script = fileURLToPath(new URL('../../workers/workerpool.mjs', import.meta.url));
  const pool = workerpool.pool(script, {
    workerType: 'process',
    minWorkers: workers,
    maxWorkers: workers,
    forkOpts: { serialization },
  });
  return {
    call: (name) => (value) => pool.exec(name, [value]),
    ready: () => undefined,
    stop: () => pool.terminate(),
  };
}
