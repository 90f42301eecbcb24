/**
 * Identifies the script that the program was started with. A worker never imports it, because that would start the
 * program a second time; functions that it defines travel by value.
 */
import { realpathSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BoundedMap } from '../util/bounded-map.ts';

/** Names of scripts without a file: `--eval`, a pipe, the REPL. */
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

/** `node main`, `node .` and links all refer to a file without its full path. */
function entryFiles(): ReadonlySet<string> {
  const started = process.argv[1];
  // A program that comes through a pipe has a dash here.
  if (started === undefined || !isAbsolute(started)) return new Set();
  const found = new Set([started]);
  const { createRequire } = process.getBuiltinModule('node:module');
  for (const resolve of [createRequire(`${started}/`).resolve, realpathSync]) {
    for (const file of Array.from(found)) {
      try {
        found.add(resolve(file));
      } catch {
        // The file does not exist, or `require` cannot resolve it.
      }
    }
  }
  return found;
}

/** The path of a script's file. A script without a file keeps its name. */
export function pathOf(script: string): string {
  if (!script.startsWith('file:')) return script;
  try {
    return fileURLToPath(script.replace(/[?#].*$/, ''));
  } catch {
    return script;
  }
}
