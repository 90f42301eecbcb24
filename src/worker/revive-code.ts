/**
 * The code of `revive.ts`, compiled when the first function that travels by value comes.
 *
 * Few workers need it, and it would take each of them two milliseconds. It lies in the worker's script as a text, and
 * not in a file of its own: by the time it is needed a task may have used up all descriptors, or have put something
 * else in the place of `fs.readFileSync`. For the same reason it does not ask for anything itself: what it shares with
 * the worker's script, and what it needs of Node, is handed to it.
 */
import type { Packed } from '../protocol/packed.ts';
import { loadScript } from './load-script.ts';
import type { revive } from './revive.ts';
import { type Evaluate, handed, script } from './revive-script.ts';

type Revive = typeof revive;

let made: Revive | undefined;

/** As `revive`. */
export function reviveLazily(packed: Packed, importTimeout: number): ReturnType<Revive> {
  made ??= evaluate();
  return made(packed, importTimeout);
}

function evaluate(): Revive {
  const run = loadScript(script, { filename: 'concurrent-futures:revive' }) as Evaluate;
  let given: Revive | undefined;
  run(handed, (each) => {
    given = each;
  });
  return given as unknown as Revive;
}
