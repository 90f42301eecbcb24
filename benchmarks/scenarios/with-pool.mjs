import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A pool of the contender with all of its workers started, shut down again afterwards. */
export async function withPool(contender, workers, use) {
  const pool = contender.start(workers);
  try {
    await pool.ready();
    await startAll[contender.kind]?.(pool, workers);
    return await use(pool);
  } finally {
    await pool.stop();
  }
}

/**
 * Pools start workers when they like: every one of them has to take a call. On a cluster, which is warmed up by
 * thousands of calls, hosts see to that.
 */
const startAll = {
  threads(pool, workers) {
    const words = new Int32Array(new SharedArrayBuffer(8));
    words[0] = workers;
    return callOnEach(pool, workers, 'meet', words.buffer);
  },

  async processes(pool, workers) {
    const folder = await mkdtemp(join(tmpdir(), 'concurrent-futures-'));
    try {
      await callOnEach(pool, workers, 'gather', { folder, workers });
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

function callOnEach(pool, workers, name, argument) {
  const call = pool.call(name);
  return Promise.all(Array.from({ length: workers }, () => call(argument)));
}
