import { setTimeout } from 'node:timers/promises';
import { median } from '../statistics.mjs';
import { childProcesses, memoryOf } from './child-processes.mjs';
import { withPool } from './with-pool.mjs';

export const title = 'Memory of a started worker';
export const about =
  'The median of 4 workers that have run a call. Resident memory counts what all processes of the same program share in each ' +
  'of them; "its own" is what one worker more takes.';
export const rounds = 5;
export const cases = [{ name: '4 workers', workers: 4 }];
export const metrics = {
  resident: { unit: 'MiB', better: 'less', label: 'resident' },
  own: { unit: 'MiB', better: 'less', label: 'its own' },
};

export function measure(contender, { workers }) {
  return withPool(contender, workers, async () => {
    await setTimeout(200);
    const each = childProcesses().map(({ pid }) => memoryOf(pid));
    if (each.length !== workers) throw new Error(`There are ${each.length} children.`);
    return {
      resident: median(each.map(({ resident }) => resident)),
      own: median(each.map(({ own }) => own)),
    };
  });
}
