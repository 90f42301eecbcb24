import { setTimeout } from 'node:timers/promises';
import { quantile } from '../statistics.mjs';
import { withPool } from './with-pool.mjs';

export const title = 'Short tasks among long ones';
export const about =
  '2 workers. A task of 50 ms is submitted every 60 ms, eight times, so that one worker is always free; tasks of 10 µs come at a ' +
  'steady rate of one every 100 µs, ten in each millisecond, whether or not earlier ones are done. The time of a short task ' +
  'runs from when it was due, so a caller that falls behind does not hide it.';
export const rounds = 5;
export const cases = [{ name: '2 workers', workers: 2 }];
export const metrics = {
  p99: { unit: 'ms', better: 'less', label: 'p99 of the short ones' },
  p50: { unit: 'ms', better: 'less', label: 'p50 of the short ones' },
};

const LONG_TASKS = 8;
const LONG_EVERY = 60;
const LONG = 50_000;
const SHORT = 10;
const SHORT_PER_MS = 10;

export function measure(contender, { workers }) {
  return withPool(contender, workers, async (pool) => {
    const call = pool.call('spin');
    for (let i = 0; i < 1000; i++) await call(1);
    return trickle(call);
  });
}

async function trickle(call) {
  const times = [];
  const pending = [];
  const submitShort = async (due) => {
    await call(SHORT);
    times.push(performance.now() - due);
  };
  const began = performance.now();
  for (let ms = 0; ms < LONG_TASKS * LONG_EVERY;) {
    // All that is due by now, however late the timer is.
    for (; ms < performance.now() - began && ms < LONG_TASKS * LONG_EVERY; ms++) {
      if (ms % LONG_EVERY === 0) pending.push(call(LONG));
      for (let i = 0; i < SHORT_PER_MS; i++) pending.push(submitShort(began + ms));
    }
    await setTimeout(1);
  }
  await Promise.all(pending);
  return { p99: quantile(times, 0.99), p50: quantile(times, 0.5) };
}
