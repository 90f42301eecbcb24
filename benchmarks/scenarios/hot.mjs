import { measureOneAtATime } from './one-at-a-time.mjs';

export const title = 'One call at a time, hot';
export const about =
  'A call that does nothing is awaited, then the next is made at once; 1 worker. The time from the call to the line after `await`.';
export const rounds = 5;
export const cases = [{ name: '1 worker', workers: 1 }];
export const metrics = {
  p50: { unit: 'µs', better: 'less', label: 'p50' },
  p99: { unit: 'µs', better: 'less', label: 'p99' },
};

export function measure(contender, { workers }) {
  return measureOneAtATime(contender, workers, { warmUp: 5000, calls: 20_000, enough: 700 });
}
