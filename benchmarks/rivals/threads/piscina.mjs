/**
 * Piscina at its best documented settings: a fixed number of threads, one task at a time on each, and
 * no recording of timings. `atomics: 'sync'` is its default and its fastest; `piscina-async.mjs` has
 * the one that leaves the workers' event loops alive.
 */
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';

const path = (file) => fileURLToPath(new URL(`../../workers/${file}`, import.meta.url));

export function start(workers) {
  return startWith(workers, 'sync');
}

export function startWith(workers, atomics) {
  const pool = new Piscina({
    filename: path('work.mjs'),
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: 1,
    recordTiming: false,
    atomics,
  });
  const moving = path('piscina-move.mjs');
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
