/**
 * Ours: the built package of this working tree.
 *
 * Tasks are called by their module, as the others name a file. A task that is tagged with `task()`
 * costs the same per call, but makes its worker load this library when it starts, about 7 ms.
 */
import { ThreadPoolExecutor } from '../../../dist/bundle/index.js';
import { moveBack } from '../../workers/concurrent-futures.mjs';

const work = new URL('../../workers/work.mjs', import.meta.url);

export function start(workers) {
  const pool = new ThreadPoolExecutor({ maxWorkers: workers });
  const tasks = pool.module(work);
  return {
    call(name) {
      const fn = tasks[name];
      if (name === 'noop') return () => fn();
      return (value) => fn(value);
    },
    move: (bytes) => pool.with({ transfer: [bytes.buffer] }).submit(moveBack, bytes),
    ready: () => undefined,
    stop: () => pool.shutdown(),
  };
}
