import { setTimeout } from 'node:timers/promises';
import { collect } from './collect.mjs';
import { withPool } from './with-pool.mjs';

export const title = 'Memory of a started worker';
export const about =
  'How much the resident memory of the process grows from before the pool is made until each of its 4 workers has run a call, ÷ 4. ' +
  'What the pool shares among its workers is in it.';
export const rounds = 5;
export const cases = [{ name: '4 workers', workers: 4 }];
export const metrics = { each: { unit: 'MiB per worker', better: 'less' } };

export async function measure(contender, { workers }) {
  await collect();
  const before = process.memoryUsage.rss();
  return withPool(contender, workers, async () => {
    await setTimeout(200);
    await collect();
    return { each: (process.memoryUsage.rss() - before) / workers / 2 ** 20 };
  });
}
