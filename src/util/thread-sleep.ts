import { atomicsWait, TrueInt32Array, TrueSharedArrayBuffer } from './primordials.ts';

/** Nobody changes it: who waits for that waits for its time. */
const never = new TrueInt32Array(new TrueSharedArrayBuffer(4));

/** Lets this thread do nothing for so many milliseconds; its event loop stands still. */
export function sleepThread(ms: number): void {
  atomicsWait(never, 0, 0, ms);
}
