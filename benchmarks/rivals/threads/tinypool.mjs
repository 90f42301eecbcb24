/** Tinypool with a fixed number of threads, one task at a time on each. */
import { fileURLToPath } from 'node:url';
import { Tinypool } from 'tinypool';

const path = (file) => fileURLToPath(new URL(`../../workers/${file}`, import.meta.url));

export function start(workers) {
  const pool = new Tinypool({
    filename: path('work.mjs'),
    runtime: 'worker_threads',
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: 1,
  });
  const moving = path('tinypool-move.mjs');
  return {
    call(name) {
      const options = { name };
      return (value) => pool.run(value, options);
    },
    move: (bytes) =>
      pool.run(bytes, { filename: moving, name: 'moveBack', transferList: [bytes.buffer] }),
    ready: () => undefined,
    stop: () => pool.destroy(),
  };
}
