import { withPool } from './with-pool.mjs';

export const title = '`map` over 100 000 items in chunks of 100';
export const about = 'Ours alone; a function that does nothing; one host. Each chunk is one job.';
export const rounds = 3;
export const cases = [{ name: '1 host of 2 workers', workers: 2 }];
export const metrics = { rate: { unit: 'items/s', better: 'more', label: 'rate', ratio: false } };

const ITEMS = 100_000;
const CHUNK = 100;
const WARM_UP = 20_000;

export function measure(contender, { workers }) {
  return withPool(contender, workers, async (pool) => {
    await run(pool, WARM_UP);
    const began = performance.now();
    await run(pool, ITEMS);
    return { rate: (ITEMS / (performance.now() - began)) * 1000 };
  });
}

async function run(pool, items) {
  let results = 0;
  for await (const _ of pool.map('noop', Array(items).keys(), CHUNK)) results++;
  if (results !== items) throw new Error(`${results} results of ${items} items.`);
}
