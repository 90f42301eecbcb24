/** What the burst scenarios share: many calls at once, awaited together, as calls per second. */
import { median } from '../statistics.mjs';
import { withPool } from './with-pool.mjs';

const CALLS = 20_000;
const WARM_UP = 5000;
/** After so many milliseconds no further burst is begun. */
const ENOUGH = 600;
const MOST_BURSTS = 15;

export function measureBursts(contender, { workers }, name, argument) {
  return withPool(contender, workers, async (pool) => {
    const call = pool.call(name);
    for (let i = 0; i < 2; i++) await burst(call, WARM_UP, argument);
    const rates = [];
    const began = performance.now();
    do {
      const before = performance.now();
      await burst(call, CALLS, argument);
      rates.push((CALLS / (performance.now() - before)) * 1000);
    } while (rates.length < MOST_BURSTS && performance.now() - began < ENOUGH);
    return { rate: median(rates) };
  });
}

function burst(call, calls, argument) {
  const promises = new Array(calls);
  for (let i = 0; i < calls; i++) promises[i] = call(argument);
  return Promise.all(promises);
}
