import { withPool } from './with-pool.mjs';

export const title = '1 MiB of bytes there and back';
export const about =
  'A `Uint8Array`, copied or moved in both directions (Poolifier can move only arguments: its results are copied). ' +
  'One at a time with 1 worker, and with 8 under way on 2 workers; time per call, that is, the time of all divided by their number.';
export const rounds = 5;
export const cases = [
  { name: 'copied, one at a time', workers: 1, window: 1, moved: false },
  { name: 'copied, 8 under way', workers: 2, window: 8, moved: false },
  { name: 'moved, one at a time', workers: 1, window: 1, moved: true },
  { name: 'moved, 8 under way', workers: 2, window: 8, moved: true },
];
export const metrics = { each: { unit: 'µs per call', better: 'less' } };

const SIZE = 1 << 20;
const WARM_UP = 100;
const CALLS = 400;

export function measure(contender, { workers, window, moved }) {
  return withPool(contender, workers, async (pool) => {
    const call = moved ? pool.move : pool.call('echo');
    const arrays = Array.from({ length: window }, (_, i) => new Uint8Array(SIZE).fill(i + 1));
    await Promise.all(arrays.map((bytes) => pass(call, bytes, WARM_UP / window, moved)));
    const fresh = Array.from({ length: window }, (_, i) => new Uint8Array(SIZE).fill(i + 1));
    const before = performance.now();
    const results = await Promise.all(
      fresh.map((bytes) => pass(call, bytes, CALLS / window, moved)),
    );
    const each = ((performance.now() - before) * 1000) / CALLS;
    results.forEach((bytes, i) => check(bytes, i + 1));
    return { each };
  });
}

/** What is moved away is gone: the next call gets what the last one brought back. */
async function pass(call, bytes, calls, moved) {
  let result = bytes;
  for (let i = 0; i < calls; i++) result = await call(moved ? result : bytes);
  return result;
}

function check(bytes, value) {
  const whole = bytes instanceof Uint8Array && bytes.byteLength === SIZE;
  if (!whole || bytes[0] !== value || bytes[SIZE - 1] !== value)
    throw new Error('The bytes came back changed.');
}
