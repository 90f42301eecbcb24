/**
 * Poolifier's FixedThreadPool without events. Its queue of tasks is off by default, and then every
 * task is posted to a worker at once; `poolifier-queue.mjs` has it on.
 */
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FixedThreadPool } from 'poolifier';

export function start(workers) {
  return startWith(workers, false);
}

export function startWith(workers, enableTasksQueue) {
  const worker = fileURLToPath(new URL('../../workers/poolifier.mjs', import.meta.url));
  const pool = new FixedThreadPool(workers, worker, { enableEvents: false, enableTasksQueue });
  return {
    call: (name) => (value) => pool.execute(value, name),
    move: (bytes) => pool.execute(bytes, 'moveBack', undefined, [bytes.buffer]),
    async ready() {
      while (!pool.info.ready) await setTimeout(1);
    },
    stop: () => ended(pool),
  };
}

/** Now and then the promise of `destroy()` stays pending although the workers are gone. */
async function ended(pool) {
  const late = new AbortController();
  const tooLate = setTimeout(1000, undefined, { signal: late.signal }).catch(() => undefined);
  await Promise.race([pool.destroy(), tooLate]);
  late.abort();
}
