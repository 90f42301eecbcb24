import { atomicsWait, TrueInt32Array, TrueSharedArrayBuffer } from './primordials.ts';

/** This memory never changes, so a wait on it always takes the full time. */
const never = new TrueInt32Array(new TrueSharedArrayBuffer(4));

/** Blocks this thread, including its event loop, for so many milliseconds. */
export function sleepThread(ms: number): void {
  atomicsWait(never, 0, 0, ms);
}
