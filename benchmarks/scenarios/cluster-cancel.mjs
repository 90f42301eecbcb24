import { Redis } from 'ioredis';
import { sign } from '../workers/counted.mjs';
import { Outcomes, withCluster } from './cluster-calls.mjs';

export const title = '2 000 cancels that race with starts';
export const about =
  'Ours alone; 2 000 calls at once, each of which signs a list in Redis; one host. While they are worked off, all are cancelled, the ' +
  'last first: some have not left this process, some wait, some run, some are done.';
export const rounds = 3;
export const cases = [{ name: '1 host of 2 workers', hosts: 1, workers: 2 }];
export const metrics = {
  completed: { unit: 'calls', better: 'more', label: 'completed', ratio: false },
  cancelled: { unit: 'calls', better: 'more', label: 'cancelled', ratio: false },
  both: { unit: 'calls', better: 'less', label: 'cancelled, but it ran', ratio: false },
  neither: { unit: 'calls', better: 'less', label: 'completed, but it never ran', ratio: false },
  again: { unit: 'calls', better: 'less', label: 'settled twice', ratio: false },
  failed: { unit: 'calls', better: 'less', label: 'failed', ratio: false },
};

const CALLS = 2000;
const UNTIL_CANCEL = 100;

export function measure(_contender, options) {
  return withCluster(options, async ({ site, cluster }) => {
    const redis = new Redis(site.url);
    const args = { redis: site.url, key: 'signed' };
    const futures = Array.from({ length: CALLS }, (_, member) =>
      cluster.submit(sign, { ...args, member }),
    );
    const outcomes = new Outcomes(futures);
    await Promise.all(futures.slice(0, UNTIL_CANCEL));
    for (const future of futures.toReversed()) future.cancel();
    await outcomes.all;
    const signed = new Set(await redis.smembers(args.key));
    redis.disconnect();
    const { completed, cancelled, again, failed } = outcomes;
    const wrong = futures.map((future, i) => [future.cancelled(), signed.has(String(i))]);
    return {
      completed,
      cancelled,
      both: wrong.filter(([isCancelled, ran]) => isCancelled && ran).length,
      neither: wrong.filter(([isCancelled, ran]) => !isCancelled && !ran).length,
      again,
      failed,
    };
  });
}
