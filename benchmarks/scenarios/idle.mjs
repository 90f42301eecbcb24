import { setTimeout } from 'node:timers/promises';
import { withPool } from './with-pool.mjs';

export const title = 'An idle pool';
export const about =
  '2 workers that have run a few calls: the CPU time of the whole process over 5 s without any call, as a share of one core. ' +
  "Then each worker gets a timer of 20 ms, and for 1 s it is counted how often that fires, as a share of how often it should; the worse worker's share.";
export const rounds = 2;
export const cases = [{ name: '2 workers', workers: 2 }];
export const metrics = {
  cpu: { unit: '% of a core', better: 'less', label: 'CPU', ratio: false },
  timers: { unit: '%', better: 'more', label: 'timers that fire', ratio: false },
};

const REST = 5000;
const TICK = 20;
const COUNTED = 1000;

export function measure(contender, { workers }) {
  return withPool(contender, workers, async (pool) => {
    const noop = pool.call('noop');
    for (let i = 0; i < 100; i++) await noop();
    await setTimeout(500);
    const before = process.cpuUsage();
    await setTimeout(REST);
    const { user, system } = process.cpuUsage(before);
    return {
      cpu: ((user + system) / 1000 / REST) * 100,
      timers: await countTicks(pool, workers),
    };
  });
}

/** The words of `startTimer`: workers, how many have come, a counter each, how many have a counter. */
async function countTicks(pool, workers) {
  const words = new Int32Array(new SharedArrayBuffer(4 * (3 + workers)));
  words[0] = workers;
  const startTimer = pool.call('startTimer');
  await Promise.all(
    Array.from({ length: workers }, () => startTimer({ shared: words.buffer, every: TICK })),
  );
  const counters = words.subarray(2, 2 + workers);
  const before = counters.slice();
  await setTimeout(COUNTED);
  const ticks = counters.map((count, i) => count - before[i]);
  return (Math.min(...ticks) / (COUNTED / TICK)) * 100;
}
