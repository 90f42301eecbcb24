/** A pool of the contender with all of its workers started, shut down again afterwards. */
export async function withPool(contender, workers, use) {
  const pool = contender.start(workers);
  try {
    await pool.ready();
    await startAll(pool, workers);
    return await use(pool);
  } finally {
    await pool.stop();
  }
}

/** Pools start workers when they like: every one of them has to take a call. */
async function startAll(pool, workers) {
  const words = new Int32Array(new SharedArrayBuffer(8));
  words[0] = workers;
  const meet = pool.call('meet');
  await Promise.all(Array.from({ length: workers }, () => meet(words.buffer)));
}
