import { ThreadPoolExecutor } from '../../dist/bundle/index.js';
import { median } from '../statistics.mjs';
import { add, tagged } from '../workers/functions.mjs';

export const title = 'submit(), by what is submitted';
export const about =
  'The time that `submit()` takes in the calling thread, 1 worker, which has been warmed up; medians of batches of calls. ' +
  'What is above the first two is what finding or packing costs.';
export const rounds = 5;
export const cases = [{ name: '1 worker' }];
const label = (text) => ({ unit: 'µs', better: 'less', label: text, ratio: false });
export const metrics = {
  tagged: label('tagged with task()'),
  exported: label('exported, no tag'),
  constant: label('arrow that needs nothing, the same object'),
  arrow: label('arrow that needs nothing, a new one each time'),
  captured: label('one captured number'),
  binding: label('uses an import'),
  recursive: label('calls itself'),
  helpers: label('three helper functions'),
  instance: label('class and instance'),
};

const BATCHES = 25;
const factor = 3;
const constant = (x) => x;
const first = (x) => x + 1;
const second = (x) => first(x) * 2;
const third = (x) => second(x) - 1;
class Point {
  constructor(x) {
    this.x = x;
  }
  times(n) {
    return this.x * n;
  }
}
const point = new Point(2);

const makers = {
  tagged: () => tagged,
  exported: () => add,
  constant: () => constant,
  arrow: () => (x) => x,
  captured: () => (x) => x * factor,
  binding: () => (x) => add(x),
  recursive: () => {
    const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));
    return fib;
  },
  helpers: () => (x) => third(x),
  instance: () => (x) => point.times(x),
};

export async function measure() {
  const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  const result = {};
  for (const [name, make] of Object.entries(makers)) {
    const size = ['tagged', 'exported', 'constant'].includes(name) ? 500 : 50;
    const times = [];
    for (let batch = -5; batch < BATCHES; batch++) {
      const fns = Array.from({ length: size }, make);
      const began = performance.now();
      const futures = fns.map((fn) => pool.submit(fn, 1));
      const taken = ((performance.now() - began) * 1000) / size;
      await Promise.all(futures);
      if (batch >= 0) times.push(taken);
    }
    result[name] = median(times);
  }
  await pool.shutdown();
  return result;
}
