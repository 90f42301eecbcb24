/**
 * All contenders, in a folder for each kind of worker. Each has a file there with
 *
 *     start(workers, settings) -> {
 *       call(name)    -> (value) => a promise of what the task `name` returns
 *       move(bytes)   -> a promise of the same bytes, moved to the worker and back; threads only
 *       ready()       -> when tasks can be spread over all workers
 *       stop()        -> when all workers are gone
 *     }
 *
 * CPython is a contender without a file here: `python/` is its side of the scenarios.
 */
export const OURS = 'concurrent-futures';

/** Name in the report. */
const titles = {
  'piscina-async': "piscina, `atomics: 'async'`",
  'poolifier-queue': 'poolifier, with its queue',
  'tinypool-ahead': 'tinypool, 100 tasks per worker',
  bullmq: 'BullMQ, 50 at a time',
  'bullmq-10': 'BullMQ, 10 at a time',
  'bullmq-100': 'BullMQ, 100 at a time',
  cpython: 'CPython',
};

export function titleOf(contender) {
  return titles[contender] ?? contender;
}

/** With how long the import took, for who wants to know. */
export async function loadContender(kind, name, settings) {
  const before = performance.now();
  const { start } = await import(`./${kind}/${name}.mjs`);
  const importTime = performance.now() - before;
  return { kind, start: (workers) => start(workers, settings), importTime };
}
