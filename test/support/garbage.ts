/** Garbage collection on demand, for tests of memory that must be kept or freed. */
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Collects all unreachable objects. */
export const collectGarbage = runInNewContext('gc') as () => void;

/**
 * True if the object behind a weak reference is collected. Values that only a finished call still used are freed a turn
 * or two later, so this tries a few times before it returns false.
 */
export async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  for (let tries = 0; tries < 20; tries++) {
    await turn();
    collectGarbage();
    if (reference.deref() === undefined) return true;
  }
  return false;
}
