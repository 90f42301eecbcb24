/** workerpool with a dedicated worker script and a fixed number of threads. */
import { fileURLToPath } from 'node:url';
import workerpool from 'workerpool';

export function start(workers) {
  const script = fileURLToPath(new URL('../../workers/workerpool.mjs', import.meta.url));
  const pool = workerpool.pool(script, {
    workerType: 'thread',
    minWorkers: workers,
    maxWorkers: workers,
  });
  return {
    call: (name) => (value) => pool.exec(name, [value]),
    move: (bytes) => pool.exec('moveBack', [bytes], { transfer: [bytes.buffer] }),
    ready: () => undefined,
    stop: () => pool.terminate(),
  };
}
