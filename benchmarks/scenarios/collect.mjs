import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

/** Collects all garbage of this thread, including what only finalizers let go. */
export async function collect() {
  for (let i = 0; i < 3; i++) {
    gc();
    await setImmediate();
  }
}
