import { Redis } from 'ioredis';
import { countedSleep } from '../workers/counted.mjs';
import { Outcomes, withCluster } from './cluster-calls.mjs';

export const title = 'A host that is killed with calls in its hands';
export const about =
  'Ours alone; 4 000 calls of 0.3 s on two hosts of 40 workers each, which take 15 s; one of the hosts is killed (SIGKILL) ' +
  'after 5 s, with a lease of 5 s. Each call writes down that it has begun, so those that were begun twice are known.';
export const rounds = 1;
export const cases = [
  { name: '2 hosts of 40 workers, then 1', hosts: 2, workers: 40, lease: 5000 },
];
export const metrics = {
  completed: { unit: 'calls', better: 'more', label: 'completed', ratio: false },
  failed: { unit: 'calls', better: 'less', label: 'failed', ratio: false },
  again: { unit: 'calls', better: 'less', label: 'settled twice', ratio: false },
  rerun: { unit: 'calls', better: 'less', label: 'begun twice', ratio: false },
  seconds: { unit: 's', better: 'less', label: 'time of all', ratio: false },
};

const CALLS = 4000;
const WARM_UP = 600;
const LENGTH = 300;
const UNTIL_DEATH = 5000;

export function measure(_contender, options) {
  return withCluster(options, async ({ site, cluster, hosts }) => {
    const redis = new Redis(site.url);
    // Workers take seconds to start on two cores.
    const warmUp = { redis: site.url, key: 'warm-up', length: LENGTH };
    await Promise.all(Array.from({ length: WARM_UP }, () => cluster.submit(countedSleep, warmUp)));
    const args = { redis: site.url, key: 'begun', length: LENGTH };
    const began = performance.now();
    const futures = Array.from({ length: CALLS }, () => cluster.submit(countedSleep, args));
    const outcomes = new Outcomes(futures);
    setTimeout(() => hosts[0].kill('SIGKILL'), UNTIL_DEATH);
    await outcomes.all;
    const { completed, failed, again } = outcomes;
    const seconds = (performance.now() - began) / 1000;
    const rerun = Number(await redis.get(args.key)) - CALLS;
    redis.disconnect();
    return { completed, failed, again, rerun, seconds };
  });
}
