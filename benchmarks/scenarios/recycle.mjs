import { readdirSync } from 'node:fs';
import { childProcesses } from './child-processes.mjs';
import { collect } from './collect.mjs';

export const title = '1 000 workers, each for one call';
export const about =
  'Ours alone, `maxTasksPerChild: 1`, 2 workers at a time, two calls under way: does every process end, and is all that ' +
  'belonged to it let go of? Zombies are looked for after every 20 calls: those that have ended and that the event loop has not ' +
  'come to yet; more than one per worker pile up. Handles are what keeps the event loop going (`process.getActiveResourcesInfo()`).';
export const rounds = 1;
export const cases = [{ name: '2 workers', workers: 2, settings: { maxTasksPerChild: 1 } }];
export const metrics = {
  workers: { unit: 'processes', better: 'more', label: 'workers', ratio: false },
  each: { unit: 'ms', better: 'less', label: 'time per worker', ratio: false },
  zombies: { unit: 'processes', better: 'less', label: 'zombies, at most', ratio: false },
  left: { unit: 'processes', better: 'less', label: 'children left', ratio: false },
  handles: { unit: 'handles', better: 'less', label: 'handles left', ratio: false },
  files: { unit: 'files', better: 'less', label: 'open files left', ratio: false },
  heap: { unit: 'MiB', better: 'less', label: 'heap left', ratio: false },
};

const CALLS = 1000;
const WARM_UP = 20;
const LOOK_EVERY = 20;

export async function measure(contender, { workers }) {
  await run(contender, workers, WARM_UP);
  const before = await holdings();
  const { pids, zombies, taken } = await run(contender, workers, CALLS);
  const after = await holdings();
  const left = (what) => after[what] - before[what];
  return {
    workers: pids.size,
    each: taken / CALLS,
    zombies,
    left: after.children,
    handles: left('handles'),
    files: left('files'),
    heap: left('heap'),
  };
}

async function run(contender, workers, calls) {
  const pool = contender.start(workers);
  const call = pool.call('pid');
  const pids = new Set();
  let begun = 0;
  let zombies = 0;
  const caller = async () => {
    while (begun++ < calls) {
      pids.add(await call());
      if (pids.size % LOOK_EVERY === 0) zombies = Math.max(zombies, countZombies());
    }
  };
  const before = performance.now();
  await Promise.all(Array.from({ length: workers }, caller));
  const taken = performance.now() - before;
  await pool.stop();
  return { pids, zombies, taken };
}

function countZombies() {
  return childProcesses().filter(({ zombie }) => zombie).length;
}

async function holdings() {
  await collect();
  return {
    children: childProcesses().length,
    handles: process.getActiveResourcesInfo().length,
    files: readdirSync('/proc/self/fd').length,
    heap: process.memoryUsage().heapUsed / 2 ** 20,
  };
}
