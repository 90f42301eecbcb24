/** Ours: the built package of this working tree. */
import { ThreadPoolExecutor } from '../../dist/bundle/index.js';
import * as tagged from '../workers/concurrent-futures.mjs';

const tasks = { ...tagged };

export function start(workers) {
  const pool = new ThreadPoolExecutor({ maxWorkers: workers });
  return {
    call(name) {
      const fn = tasks[name];
      if (fn === tasks.noop) return () => pool.submit(fn);
      return (value) => pool.submit(fn, value);
    },
    move: (bytes) => pool.with({ transfer: [bytes.buffer] }).submit(tasks.moveBack, bytes),
    ready: () => undefined,
    stop: () => pool.shutdown(),
  };
}
