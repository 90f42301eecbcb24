import { createRequire } from 'node:module';
import { median } from '../statistics.mjs';

export const title = 'Packing a function, making it anew, and running it';
export const about =
  'What a caller and a worker do with a function, measured in one thread with no pool beside it: packing it, each ' +
  'time a new closure; making it anew; and how fast it then runs beside the ' +
  'original: a loop of 20 million rounds. Both are made anew before each run.';
export const rounds = 5;
export const cases = [{ name: 'in one thread' }];
export const metrics = {
  packed: { unit: 'µs', better: 'less', label: 'pack: arrow, one captured number', ratio: false },
  packedHelpers: {
    unit: 'µs',
    better: 'less',
    label: 'pack: three helper functions',
    ratio: false,
  },
  arrow: { unit: 'µs', better: 'less', label: 'make: arrow, one captured number', ratio: false },
  helpers: { unit: 'µs', better: 'less', label: 'make: three helper functions', ratio: false },
  instance: { unit: 'µs', better: 'less', label: 'make: class and instance', ratio: false },
  original: { unit: 'ms', better: 'less', label: 'run: the original', ratio: false },
  copy: { unit: 'ms', better: 'less', label: 'run: the copy', ratio: false },
};

const require = createRequire(import.meta.url);
const BATCHES = 25;
const LONG = 20_000_000;

const factor = 3;
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
const makeWork = (by) => (n) => {
  let sum = 0;
  for (let i = 0; i < n; i++) sum = (sum + i * by) | 0;
  return sum;
};

function running(make) {
  const times = [];
  for (let run = -3; run < 15; run++) {
    const fn = make();
    const began = performance.now();
    fn(LONG);
    if (run >= 0) times.push(performance.now() - began);
  }
  return median(times);
}

export async function measure() {
  const { Lookup } = require('../../dist/lookup/lookup.cjs');
  const { Capturer } = require('../../dist/closure/capture.cjs');
  const { revive } = await import('../../dist/worker/revive.js');
  const lookup = new Lookup();
  const capturer = new Capturer(lookup, () => undefined);
  const pack = (fn) =>
    structuredClone(capturer.pack({ fn }, [], { shares: true, moved: [] }).packed);
  const reviving = (fn) => {
    const packed = pack(fn);
    const times = [];
    for (let batch = -5; batch < BATCHES; batch++) {
      const began = performance.now();
      for (let i = 0; i < 100; i++) revive(packed, 1000);
      if (batch >= 0) times.push(((performance.now() - began) * 1000) / 100);
    }
    return median(times);
  };
  const packed = pack(makeWork(factor));
  const packing = (make) => {
    const times = [];
    for (let batch = -5; batch < BATCHES; batch++) {
      const began = performance.now();
      for (let i = 0; i < 100; i++) {
        lookup.afresh();
        capturer.pack({ fn: make() }, [], { shares: true, moved: [] });
      }
      if (batch >= 0) times.push(((performance.now() - began) * 1000) / 100);
    }
    return median(times);
  };
  return {
    packed: packing(() => (x) => x * factor),
    packedHelpers: packing(() => (x) => third(x)),
    arrow: reviving((x) => x * factor),
    helpers: reviving((x) => third(x)),
    instance: reviving((x) => point.times(x)),
    original: running(() => makeWork(factor)),
    copy: running(() => revive(packed, 1000).fn),
  };
}
