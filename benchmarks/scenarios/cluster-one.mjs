import { measureOneAtATime } from './one-at-a-time.mjs';

export const title = 'One call at a time';
export const about =
  'A call that does nothing is awaited, then the next is made at once; one host. The time from the call to the line after `await`.';
export const rounds = 5;
export const cases = [{ name: '1 host of 2 workers', workers: 2 }];
export const metrics = {
  p50: { unit: 'µs', better: 'less', label: 'p50' },
  p99: { unit: 'µs', better: 'less', label: 'p99' },
};

export function measure(contender, { workers }) {
  return measureOneAtATime(contender, workers, { warmUp: 1000, calls: 2000, enough: 5000 });
}
