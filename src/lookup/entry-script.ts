/**
 * Which script the program was started with. It is never imported in a worker, where it would start the
 * program once more; what it defines travels by value.
 */
import { realpathSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BoundedMap } from '../util/bounded-map.ts';

/** Other things that programs are started with: `--eval`, a pipe, the REPL. */
const WITHOUT_FILE = /^(\[eval|\[stdin|REPL|evalmachine|file:\/\/.*\/\[(eval|stdin))/;

let files: ReadonlySet<string> | undefined;
const verdicts = new BoundedMap<string, boolean>(1000);

/** @param script - a URL or a path. */
export function isEntryScript(script: string): boolean {
  let verdict = verdicts.get(script);
  if (verdict === undefined) {
    files ??= entryFiles();
    verdict = script === '' || WITHOUT_FILE.test(script) || files.has(pathOf(script));
    verdicts.set(script, verdict);
  }
  return verdict;
}

/** `node main`, `node .` and links all name a file without saying it in full. */
function entryFiles(): ReadonlySet<string> {
  const started = process.argv[1];
  // It is a dash where the program comes through a pipe.
  if (started === undefined || !isAbsolute(started)) return new Set();
  const found = new Set([started]);
  const { createRequire } = process.getBuiltinModule('node:module');
  for (const resolve of [createRequire(`${started}/`).resolve, realpathSync]) {
    for (const file of Array.from(found)) {
      try {
        found.add(resolve(file));
      } catch {
        // There is no such file, or none that could be required.
      }
    }
  }
  return found;
}

/** The file that a script is from; what it is called by, if it is from none. */
export function pathOf(script: string): string {
  if (!script.startsWith('file:')) return script;
  try {
    return fileURLToPath(script.replace(/[?#].*$/, ''));
  } catch {
    return script;
  }
}
