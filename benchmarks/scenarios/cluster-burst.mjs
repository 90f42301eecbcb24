import { measureBursts } from './bursts.mjs';

export const title = 'Burst of 10 000 calls that do nothing';
export const about =
  'All submitted in one go and awaited with `Promise.all`; one host. Redis writes its log once a second.';
export const rounds = 5;
export const cases = [{ name: '1 host of 2 workers', workers: 2, calls: 10_000 }];
export const metrics = { rate: { unit: 'calls/s', better: 'more' } };

export function measure(contender, options) {
  return measureBursts(contender, options, 'noop', 1);
}
