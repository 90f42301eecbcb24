import { collect } from './collect.mjs';
import { withPool } from './with-pool.mjs';

export const title = '1 000 000 calls, one after the other';
export const about =
  'Awaited one by one, 1 worker: does anything pile up? Heap (this thread, after a collection) and resident memory of the process ' +
  'after 100 000 calls and at the end. Who has not done a million calls in 12 s is stopped there (in 120 s with `--full`).';
export const rounds = 1;
export const cases = [{ name: '1 worker', workers: 1 }];
export const metrics = {
  calls: { unit: 'calls', better: 'more', label: 'calls made', ratio: false },
  heapEarly: { unit: 'MiB', better: 'less', label: 'heap after 100 000', ratio: false },
  heap: { unit: 'MiB', better: 'less', label: 'heap at the end', ratio: false },
  rssEarly: { unit: 'MiB', better: 'less', label: 'resident after 100 000', ratio: false },
  rss: { unit: 'MiB', better: 'less', label: 'resident at the end', ratio: false },
};

const CALLS = 1_000_000;
const EARLY = 100_000;

export async function measure(contender, { workers, full }) {
  const most = full ? 120_000 : 12_000;
  const { calls, early, late } = await makeMillion(contender, workers, most);
  return { calls, heapEarly: early.heap, heap: late.heap, rssEarly: early.rss, rss: late.rss };
}

/** Until they are made, or `most` milliseconds are over; `more` is what else to sample besides memory. */
export function makeMillion(contender, workers, most, more) {
  const sample = async () => ({ ...(await memory()), ...more?.() });
  return withPool(contender, workers, async (pool) => {
    const call = pool.call('noop');
    const until = performance.now() + most;
    for (let i = 0; i < EARLY; i++) await call();
    const early = await sample();
    let calls = EARLY;
    while (calls < CALLS && performance.now() < until) {
      for (let i = 0; i < 1000; i++) await call();
      calls += 1000;
    }
    return { calls, early, late: await sample() };
  });
}

async function memory() {
  await collect();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed / 2 ** 20, rss: rss / 2 ** 20 };
}
