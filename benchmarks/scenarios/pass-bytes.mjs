/** What the scenarios with large arrays share: the same bytes there and back, again and again. */
import { withPool } from './with-pool.mjs';

/** @returns milliseconds per call: the time of all of them divided by their number */
export function passBytes(contender, { workers, window = 1, moved = false, size, calls, warmUp }) {
  return withPool(contender, workers, async (pool) => {
    const call = moved ? pool.move : pool.call('echo');
    const first = makeArrays(window, size);
    await Promise.all(first.map((bytes) => pass(call, bytes, warmUp / window, moved)));
    const arrays = makeArrays(window, size);
    const before = performance.now();
    const results = await Promise.all(
      arrays.map((bytes) => pass(call, bytes, calls / window, moved)),
    );
    const each = (performance.now() - before) / calls;
    results.forEach((bytes, i) => check(bytes, size, i + 1));
    return each;
  });
}

function makeArrays(number, size) {
  return Array.from({ length: number }, (_, i) => new Uint8Array(size).fill(i + 1));
}

/** What is moved away is gone: the next call gets what the last one brought back. */
async function pass(call, bytes, calls, moved) {
  let result = bytes;
  for (let i = 0; i < calls; i++) result = await call(moved ? result : bytes);
  return result;
}

function check(bytes, size, value) {
  const whole = bytes instanceof Uint8Array && bytes.byteLength === size;
  if (!whole || bytes[0] !== value || bytes[size - 1] !== value)
    throw new Error('The bytes came back changed.');
}
