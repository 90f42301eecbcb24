import { setTimeout } from 'node:timers/promises';
import { quantile } from '../statistics.mjs';
import { withPool } from './with-pool.mjs';

export const title = 'One call at a time, with everything asleep';
export const about =
  'As the hot calls, with a pause of 10 ms before each: the worker and the event loop of the caller have gone to sleep. ' +
  'While they wait, the workers of Piscina (sync) and Tinypool run no timers and serve no sockets; those of the others do.';
export const rounds = 5;
export const cases = [{ name: '1 worker', workers: 1 }];
export const metrics = { p50: { unit: 'µs', better: 'less', label: 'p50' } };

const WARM_UP = 2000;
const CALLS = 80;

export function measure(contender, { workers }) {
  return withPool(contender, workers, async (pool) => {
    const call = pool.call('noop');
    for (let i = 0; i < WARM_UP; i++) await call();
    const times = [];
    for (let i = 0; i < CALLS; i++) {
      await setTimeout(10);
      const before = performance.now();
      await call();
      times.push((performance.now() - before) * 1000);
    }
    return { p50: quantile(times, 0.5) };
  });
}
