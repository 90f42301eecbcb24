/** What the scenarios share in which a call is awaited before the next one is made. */
import { quantile } from '../statistics.mjs';
import { withPool } from './with-pool.mjs';

/** @param most - `warmUp` calls, then as many as are made within `enough` milliseconds, but no more than `calls`. */
export function measureOneAtATime(contender, workers, { warmUp, calls: most, enough }) {
  return withPool(contender, workers, async (pool) => {
    const call = pool.call('noop');
    for (let i = 0; i < warmUp; i++) await call();
    const times = new Float64Array(most);
    const began = performance.now();
    let before = began;
    let calls = 0;
    while (calls < most && before - began < enough) {
      await call();
      const after = performance.now();
      times[calls++] = (after - before) * 1000;
      before = after;
    }
    const taken = times.subarray(0, calls);
    return { p50: quantile(taken, 0.5), p99: quantile(taken, 0.99) };
  });
}
