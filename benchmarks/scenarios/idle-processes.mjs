import { setTimeout } from 'node:timers/promises';
import { childProcesses, cpuTime } from './child-processes.mjs';
import { withPool } from './with-pool.mjs';

export const title = 'An idle pool';
export const about =
  '2 workers that have run a few calls: the CPU time over 3 s without any call, as a share of one core, of the process that ' +
  'has the pool and of its workers together.';
export const rounds = 1;
export const cases = [{ name: '2 workers', workers: 2 }];
export const metrics = {
  caller: { unit: '% of a core', better: 'less', label: "the caller's CPU", ratio: false },
  workers: { unit: '% of a core', better: 'less', label: "the workers' CPU", ratio: false },
};

const REST = 3000;

export function measure(contender, { workers }) {
  return withPool(contender, workers, async (pool) => {
    const noop = pool.call('noop');
    for (let i = 0; i < 100; i++) await noop();
    await setTimeout(500);
    const pids = childProcesses().map(({ pid }) => pid);
    const sample = () => ({
      caller: cpuTime(process.pid),
      workers: pids.reduce((sum, pid) => sum + cpuTime(pid), 0),
    });
    const before = sample();
    await setTimeout(REST);
    const after = sample();
    const share = (who) => ((after[who] - before[who]) / REST) * 100;
    return { caller: share('caller'), workers: share('workers') };
  });
}
