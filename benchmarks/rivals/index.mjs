/**
 * All contenders. Each has a file here with
 *
 *     start(workers) -> {
 *       call(name)    -> (value) => a promise of what the task `name` returns
 *       move(bytes)   -> a promise of the same bytes, moved to the worker and back
 *       ready()       -> when tasks can be spread over all workers
 *       stop()        -> when all workers are gone
 *     }
 */
export const OURS = 'concurrent-futures';

/** In every scenario. */
export const rivalNames = ['piscina', 'tinypool', 'poolifier', 'workerpool'];

/** Name in the report. */
const titles = {
  'piscina-async': "piscina, `atomics: 'async'`",
  'poolifier-queue': 'poolifier, with its queue',
};

export function titleOf(contender) {
  return titles[contender] ?? contender;
}

/** With how long the import took, for who wants to know. */
export async function loadContender(name) {
  const before = performance.now();
  const { start } = await import(`./${name}.mjs`);
  return { start, importTime: performance.now() - before };
}
