import { measureBursts } from './bursts.mjs';

export const title = 'Burst of 20 000 calls that do nothing';
export const about =
  'All submitted in one go and awaited with `Promise.all`. This is the cost of the call itself.';
export const rounds = 5;
export const cases = [
  { name: '1 worker', workers: 1 },
  { name: '2 workers', workers: 2 },
];
export const metrics = { rate: { unit: 'calls/s', better: 'more' } };

export function measure(contender, options) {
  return measureBursts(contender, options, 'noop');
}
