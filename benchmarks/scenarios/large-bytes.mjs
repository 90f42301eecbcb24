import { passBytes } from './pass-bytes.mjs';

export const title = '16 MiB of bytes there and back';
export const about =
  'A `Uint8Array` as argument and as result, one at a time, 1 worker. Nothing can be moved into another process: the bytes ' +
  'are copied through a pipe, twice.';
export const rounds = 3;
export const cases = [{ name: '1 worker', workers: 1 }];
export const metrics = { each: { unit: 'ms per call', better: 'less' } };

const amounts = { size: 16 << 20, calls: 12, warmUp: 3 };

export async function measure(contender, options) {
  return { each: await passBytes(contender, { ...options, ...amounts }) };
}
