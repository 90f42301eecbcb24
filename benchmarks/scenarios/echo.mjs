import { measureBursts } from './bursts.mjs';

export const title = 'Burst of 20 000 calls with a small object there and back';
export const about =
  'As the burst above; the object has six members, an array and a nested object among them, and the task returns it.';
export const rounds = 5;
export const cases = [
  { name: '1 worker', workers: 1 },
  { name: '2 workers', workers: 2 },
];
export const metrics = { rate: { unit: 'calls/s', better: 'more' } };

const person = {
  id: 4711,
  name: 'Ada Lovelace',
  tags: ['mathematics', 'engines', 'poetry'],
  active: true,
  score: 98.6,
  nested: { city: 'London', zip: 'W1J 7NF', visits: 12 },
};

export function measure(contender, options) {
  return measureBursts(contender, options, 'echo', person);
}
