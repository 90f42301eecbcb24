import { ThreadPoolExecutor } from '../../dist/bundle/index.js';
import { quantile } from '../statistics.mjs';
import { add, tagged } from '../workers/functions.mjs';

export const title = 'One call at a time, there and back';
export const about =
  'A call is awaited, then the next is made; 1 worker. Then what `map` takes for each of 20 000 items.';
export const rounds = 5;
export const cases = [{ name: '1 worker' }];
const label = (text) => ({ unit: 'µs', better: 'less', label: text, ratio: false });
export const metrics = {
  tagged: label('p50, tagged'),
  exported: label('p50, exported'),
  constant: label('p50, arrow that needs nothing'),
  captured: label('p50, a new closure each time'),
  mapExported: label('map, exported, per item'),
  mapCaptured: label('map, closure, per item'),
};

const CALLS = 3000;
const factor = 3;
const constant = (x) => x;

export async function measure() {
  const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  const p50 = async (make) => {
    const times = new Float64Array(CALLS);
    for (let i = -1000; i < CALLS; i++) {
      const fn = make();
      const began = performance.now();
      await pool.submit(fn, i);
      if (i >= 0) times[i] = (performance.now() - began) * 1000;
    }
    return quantile(times, 0.5);
  };
  const mapped = async (fn) => {
    const items = Array.from({ length: 20_000 }, (_, i) => i);
    const times = [];
    for (let run = 0; run < 5; run++) {
      const began = performance.now();
      await pool.map(fn, items).toArray();
      times.push(((performance.now() - began) * 1000) / items.length);
    }
    return quantile(Float64Array.from(times), 0.5);
  };
  const result = {
    tagged: await p50(() => tagged),
    exported: await p50(() => add),
    constant: await p50(() => constant),
    captured: await p50(() => (x) => x * factor),
    mapExported: await mapped(add),
    mapCaptured: await mapped((x) => x * factor),
  };
  await pool.shutdown();
  return result;
}
