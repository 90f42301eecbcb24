/**
 * Loads the code of `revive.ts`, which is compiled when the first function by value arrives.
 *
 * Few workers need it, and it would take each of them two milliseconds. Its text is part of the worker's script and
 * not a file of its own: by the time it is needed, a task may have used up all descriptors, or have replaced
 * `fs.readFileSync`. For the same reason it imports nothing: the modules that it shares with the worker's script,
 * and those of Node, are passed to it.
 */
import type { Packed } from '../protocol/packed.ts';
import { loadScript } from './load-script.ts';
import type { revive } from './revive.ts';
import { type Evaluate, handed, script } from './revive-script.ts';

type Revive = typeof revive;

let made: Revive | undefined;

/** The same as `revive`. */
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
