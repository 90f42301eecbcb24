import { quantile } from '../statistics.mjs';
import { withPool } from './with-pool.mjs';

export const title = 'Long tasks among many short ones, all at once';
export const about =
  '2 workers; 2 000 tasks of 10 µs with eight of 200 ms evenly among them, the same function, all submitted in one go. ' +
  'The ideal is the sum of these times ÷ 2, 810 ms: it takes a pool that neither waits between the short ones nor leaves a ' +
  'task with a busy worker while the other one is idle. The time of a short task runs from when it was submitted.';
export const rounds = 3;
export const cases = [{ name: '2 workers', workers: 2 }];
export const metrics = {
  ratio: { unit: '× the ideal', better: 'less', label: 'time of all' },
  p99: { unit: 'ms', better: 'less', label: 'p99 of the short ones' },
  p50: { unit: 'ms', better: 'less', label: 'p50 of the short ones' },
};

const LONG_TASKS = 8;
const LONG = 200_000;
const SHORT_TASKS = 2000;
const SHORT = 10;
/** Of a long one and the short ones around it. */
const GROUP = SHORT_TASKS / LONG_TASKS + 1;

export function measure(contender, { workers }) {
  return withPool(contender, workers, async (pool) => {
    const call = pool.call('spin');
    for (let i = 0; i < 1000; i++) await call(1);
    const times = [];
    const submitShort = async (began) => {
      await call(SHORT);
      times.push(performance.now() - began);
    };
    const began = performance.now();
    const pending = Array.from({ length: LONG_TASKS * GROUP }, (_, i) =>
      i % GROUP === (GROUP - 1) / 2 ? call(LONG) : submitShort(performance.now()),
    );
    await Promise.all(pending);
    const taken = performance.now() - began;
    const ideal = (LONG_TASKS * LONG + SHORT_TASKS * SHORT) / 1000 / workers;
    return { ratio: taken / ideal, p99: quantile(times, 0.99), p50: quantile(times, 0.5) };
  });
}
