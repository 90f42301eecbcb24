/** Measures the memory in use, and checks that it stays below an early measurement. */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Records between two measurements, each after a garbage collection. */
const INTERVAL = 100_000;
/** Bytes by which memory may grow: caches fill up, code is compiled. */
const MOST_GROWTH = 48 * 2 ** 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** Bytes, with those of buffers. */
export function usedMemory() {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

export class Ceiling {
  #base;
  #next = INTERVAL;

  /** @returns the problem, if there is one. */
  problem(records) {
    if (records < this.#next) return undefined;
    this.#next = records + INTERVAL;
    collect();
    const used = usedMemory();
    this.#base ??= used;
    const growth = used - this.#base;
    return growth > MOST_GROWTH ? `after ${records} records ${growth} bytes are kept` : undefined;
  }
}
