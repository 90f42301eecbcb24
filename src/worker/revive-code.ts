/**
 * The code of `revive.ts`, compiled when the first function that travels by value comes.
 *
 * Few workers need it, and it would take each of them two milliseconds. It lies in the worker's script as a text, and
 * not in a file of its own: by the time it is needed a task may have used up all descriptors, or have put something
 * else in the place of `fs.readFileSync`. For the same reason it does not ask for anything itself: what it shares with
 * the worker's script, and what it needs of Node, is handed to it. `scripts/bundle.mjs` makes the text.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath, pathToFileURL, URL, URLSearchParams } from 'node:url';
import { isNativeError } from 'node:util/types';
import * as errors from '../errors.ts';
import type { Packed } from '../protocol/packed.ts';
import * as primordials from '../util/primordials.ts';
import * as importFunction from './import-function.ts';
import * as loadScript from './load-script.ts';
import type { revive } from './revive.ts';

/** A function expression. */
declare const REVIVE_CODE: string;

type Revive = typeof revive;
type Evaluate = (
  handed: (name: string) => object | undefined,
  handOver: (made: Revive) => void,
) => void;

/** By the names that the text asks for: paths in `dist`, and Node's modules. */
const shared: Readonly<Record<string, object>> = {
  'errors.js': errors,
  'node:fs': { existsSync },
  'node:module': { createRequire },
  'node:path': { dirname, isAbsolute, join },
  'node:url': { fileURLToPath, pathToFileURL, URL, URLSearchParams },
  'node:util/types': { isNativeError },
  'util/primordials.js': primordials,
  'worker/import-function.js': importFunction,
  'worker/load-script.js': loadScript,
};

let made: Revive | undefined;

/** As `revive`. */
export function reviveLazily(packed: Packed, importTimeout: number): ReturnType<Revive> {
  made ??= evaluate();
  return made(packed, importTimeout);
}

function evaluate(): Revive {
  // primordials: put in its place when the script is built.
  const code = loadScript.loadScript(REVIVE_CODE, { filename: 'concurrent-futures:revive' });
  let handed: Revive | undefined;
  (code as Evaluate)(
    (name) => shared[name],
    (each) => {
      handed = each;
    },
  );
  return handed as unknown as Revive;
}
