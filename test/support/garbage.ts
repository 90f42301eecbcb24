/** Garbage collection on demand, for tests of what is kept alive and what is not. */
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Collects everything that nobody can reach. */
export const collectGarbage = runInNewContext('gc') as () => void;

/**
 * Whether the object behind a weak reference is collected. The machine frees values that only a
 * finished call still knew a turn or two later, so this tries a few times before it says no.
 */
export async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  for (let tries = 0; tries < 20; tries++) {
    await turn();
    collectGarbage();
    if (reference.deref() === undefined) return true;
  }
  return false;
}
