/** What the burst scenarios share: many calls at once, awaited together, as calls per second. */
import { median } from '../statistics.mjs';
import { withPool } from './with-pool.mjs';

/** Bursts of this many calls, then of twice as many, up to the last. */
const WARM_UP = { first: 500, last: 8000 };
/** After so many milliseconds no further burst is begun. */
const ENOUGH = 600;
const MOST_BURSTS = 15;

/**
 * With `patience`, a burst has no more calls than fit into so many milliseconds at the rate of the last
 * burst of the warm-up, and that ends early as well.
 */
export function measureBursts(contender, options, name, argument) {
  const { workers, patience = Infinity, calls: most = 20_000 } = options;
  return withPool(contender, workers, async (pool) => {
    const call = pool.call(name);
    const expected = await warmUp(call, argument, patience);
    const calls = Math.min(most, Math.ceil((expected * patience) / 1000));
    const rates = [];
    const began = performance.now();
    do rates.push(await burst(call, calls, argument));
    while (rates.length < MOST_BURSTS && performance.now() - began < Math.min(ENOUGH, patience));
    return { rate: median(rates) };
  });
}

async function warmUp(call, argument, patience) {
  const began = performance.now();
  let rate;
  for (let calls = WARM_UP.first; calls <= WARM_UP.last; calls *= 2) {
    rate = await burst(call, calls, argument);
    if (performance.now() - began > patience) break;
  }
  return rate;
}

/** @returns the calls per second */
async function burst(call, calls, argument) {
  const before = performance.now();
  const promises = new Array(calls);
  for (let i = 0; i < calls; i++) promises[i] = call(argument);
  await Promise.all(promises);
  return (calls / (performance.now() - before)) * 1000;
}
