import { setTimeout } from 'node:timers/promises';
import { noop } from '../workers/work.mjs';
import { Outcomes, withCluster } from './cluster-calls.mjs';

export const title = 'A Redis that is killed in the middle of a burst';
export const about =
  'Ours alone; 10 000 calls that do nothing, one host; when 2 000 are done, Redis is killed (SIGKILL), and is started again half ' +
  'a second later with what is in its log. The lease is 5 s: what the host had just been given when the answer was lost comes back after it.';
export const rounds = 3;
export const cases = [{ name: '1 host of 2 workers', hosts: 1, workers: 2, lease: 5000 }];
export const metrics = {
  completed: { unit: 'calls', better: 'more', label: 'completed', ratio: false },
  failed: { unit: 'calls', better: 'less', label: 'failed', ratio: false },
  again: { unit: 'calls', better: 'less', label: 'settled twice', ratio: false },
  atDeath: { unit: 'calls', better: 'less', label: 'settled at its death', ratio: false },
  seconds: { unit: 's', better: 'less', label: 'time of all', ratio: false },
};

const CALLS = 10_000;
const UNTIL_DEATH = 2000;
const PAUSE = 500;

export function measure(_contender, options) {
  return withCluster(options, async ({ site, cluster }) => {
    await Promise.all(Array.from({ length: 500 }, () => cluster.submit(noop)));
    const began = performance.now();
    const futures = Array.from({ length: CALLS }, () => cluster.submit(noop));
    const outcomes = new Outcomes(futures);
    await Promise.all(futures.slice(0, UNTIL_DEATH));
    await site.redis.kill();
    const atDeath = outcomes.settled;
    await setTimeout(PAUSE);
    await site.redis.restart();
    await outcomes.all;
    const { completed, failed, again } = outcomes;
    return { completed, failed, again, atDeath, seconds: (performance.now() - began) / 1000 };
  });
}
