/** Poolifier with its queue of tasks and task stealing: one task at a time on each worker. */
import { startWith } from './poolifier.mjs';

export function start(workers) {
  return startWith(workers, true);
}
