export const title = 'From nothing to the first result';
export const about =
  'A new process makes a pool of 1 worker and awaits a call that does nothing. With and without the time to import the package.';
export const rounds = 11;
export const cases = [{ name: '1 worker', workers: 1 }];
export const metrics = {
  first: { unit: 'ms', better: 'less', label: 'new pool to first result' },
  cold: { unit: 'ms', better: 'less', label: 'import to first result' },
};

export async function measure(contender, { workers }) {
  const before = performance.now();
  const pool = contender.start(workers);
  await pool.call('noop')();
  const first = performance.now() - before;
  await pool.stop();
  return { first, cold: first + contender.importTime };
}
