import { passBytes } from './pass-bytes.mjs';

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

const amounts = { size: 1 << 20, calls: 400, warmUp: 100 };

export async function measure(contender, options) {
  return { each: (await passBytes(contender, { ...options, ...amounts })) * 1000 };
}
