/** Ours: the built package of this working tree; tasks are called by their module. */
import { ProcessPoolExecutor } from '../../../dist/bundle/index.js';

const work = new URL('../../workers/work.mjs', import.meta.url);

export function start(workers, { maxTasksPerChild } = {}) {
  const pool = new ProcessPoolExecutor({
    maxWorkers: workers,
    ...(maxTasksPerChild === undefined ? {} : { maxTasksPerChild }),
  });
  const tasks = pool.module(work);
  return {
    call(name) {
      const fn = tasks[name];
      if (name === 'noop') return () => fn();
      return (value) => fn(value);
    },
    ready: () => undefined,
    stop: () => pool.shutdown(),
  };
}
