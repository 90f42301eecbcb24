import { quantile } from '../statistics.mjs';
import { withPool } from './with-pool.mjs';

export const title = 'One call at a time, hot';
export const about =
  'A call that does nothing is awaited, then the next is made at once; 1 worker. The time from the call to the line after `await`.';
export const rounds = 5;
export const cases = [{ name: '1 worker', workers: 1 }];
export const metrics = {
  p50: { unit: 'µs', better: 'less', label: 'p50' },
  p99: { unit: 'µs', better: 'less', label: 'p99' },
};

const WARM_UP = 5000;
const CALLS = 20_000;
const ENOUGH = 700;

export function measure(contender, { workers }) {
  return withPool(contender, workers, async (pool) => {
    const call = pool.call('noop');
    for (let i = 0; i < WARM_UP; i++) await call();
    const times = new Float64Array(CALLS);
    const began = performance.now();
    let before = began;
    let calls = 0;
    while (calls < CALLS && before - began < ENOUGH) {
      await call();
      const after = performance.now();
      times[calls++] = (after - before) * 1000;
      before = after;
    }
    const taken = times.subarray(0, calls);
    return { p50: quantile(taken, 0.5), p99: quantile(taken, 0.99) };
  });
}
