import { childProcesses, memoryOf } from './child-processes.mjs';
import { makeMillion } from './million.mjs';

export const title = '1 000 000 calls, one after the other';
export const about =
  'Ours alone, awaited one by one, 1 worker: does anything pile up? Heap and resident memory of the caller (after a ' +
  'collection) and resident memory of the worker, after 100 000 calls and at the end. It stops after two minutes.';
export const rounds = 1;
export const cases = [{ name: '1 worker', workers: 1, most: 120_000 }];
export const metrics = {
  calls: { unit: 'calls', better: 'more', label: 'calls made', ratio: false },
  heapEarly: { unit: 'MiB', better: 'less', label: 'heap after 100 000', ratio: false },
  heap: { unit: 'MiB', better: 'less', label: 'heap at the end', ratio: false },
  rssEarly: { unit: 'MiB', better: 'less', label: 'resident after 100 000', ratio: false },
  rss: { unit: 'MiB', better: 'less', label: 'resident at the end', ratio: false },
  workerEarly: { unit: 'MiB', better: 'less', label: 'worker after 100 000', ratio: false },
  worker: { unit: 'MiB', better: 'less', label: 'worker at the end', ratio: false },
};

export async function measure(contender, { workers, most }) {
  const { calls, early, late } = await makeMillion(contender, workers, most, () => ({
    worker: memoryOf(childProcesses()[0].pid).resident,
  }));
  return {
    calls,
    heapEarly: early.heap,
    heap: late.heap,
    rssEarly: early.rss,
    rss: late.rss,
    workerEarly: early.worker,
    worker: late.worker,
  };
}
