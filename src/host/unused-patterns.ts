/**
 * Patterns of what a host may run that nothing matches. A mistyped one is noticed at the start of the host, and not by the
 * first call that is refused.
 *
 * Only folders in which something may match are looked at, and no more than so many files: what was not found by then may be there.
 */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { builtinModules, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { isMatch, isSegmentMatch, type Pattern, patternsIn } from '../cluster/allow-list.ts';
import { foldersAround, isFile, isFolder, realPath } from '../cluster/package-folder.ts';

const MOST_ENTRIES = 20_000;
const INSTALLED = 'node_modules';

/** Those of the patterns of which no alternative matches anything. Never rejects. */
export async function unusedPatterns(allow: readonly string[], root: string): Promise<string[]> {
  const unused: string[] = [];
  const search = new Search(realPath(root));
  for (const pattern of allow) if (!(await search.finds(pattern))) unused.push(pattern);
  return unused;
}

class Search {
  readonly #home: string;
  #left = MOST_ENTRIES;

  constructor(home: string) {
    this.#home = home;
  }

  async finds(pattern: string): Promise<boolean> {
    for (const each of patternsIn('allow', pattern)) if (await this.#matches(each)) return true;
    return false;
  }

  async #matches(pattern: Pattern): Promise<boolean> {
    const { scheme, segments } = pattern;
    switch (scheme) {
      case 'root':
        return await this.#isBelow(this.#home, segments, INSTALLED);
      case 'package':
        for (const folder of foldersAround(join(this.#home, 'x')))
          if (await this.#isBelow(join(folder, INSTALLED), segments)) return true;
        return false;
      case 'node':
        return isNodes(pattern);
      default:
        return isGlobal(segments.join('/'));
    }
  }

  /**
   * Whether there is a file in the folder, or below it, by a path that matches.
   *
   * @param except - a folder that wildcards do not stand for.
   */
  async #isBelow(folder: string, segments: readonly string[], except?: string): Promise<boolean> {
    const [first = '', ...rest] = segments;
    if (!/[*?]/.test(first)) {
      const path = join(folder, first);
      return rest.length === 0
        ? isFile(path)
        : isFolder(path) && (await this.#isBelow(path, rest, except));
    }
    const isAny = first === '**';
    if (isAny && rest.length > 0 && (await this.#isBelow(folder, rest, except))) return true;
    for (const entry of await entriesOf(folder)) {
      if (this.#left-- <= 0) return true;
      if (entry.name === except || (!isAny && !isSegmentMatch(first, entry.name))) continue;
      const path = join(folder, entry.name);
      const isLast = rest.length === 0;
      if (isLast && (entry.isFile() || (entry.isSymbolicLink() && isFile(path)))) return true;
      const next = isAny ? segments : rest;
      const isInside = next.length > 0 && (entry.isDirectory() || isLinkedFolder(entry, path));
      if (isInside && (await this.#isBelow(path, next, except))) return true;
    }
    return false;
  }
}

function isLinkedFolder(entry: Dirent, path: string): boolean {
  return entry.isSymbolicLink() && isFolder(path);
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function isNodes(pattern: Pattern): boolean {
  // Some go by their full name only, and are in no list of older versions.
  if (isBuiltin(`node:${pattern.segments.join('/')}`)) return true;
  return builtinModules.some((name) => isMatch(pattern, name.replace(/^node:/, '').split('/')));
}

/** Of a member what has it: to look further would load what is only there on demand. */
function isGlobal(path: string): boolean {
  const [owner = ''] = path.split('.', 1);
  return Object.getOwnPropertyNames(globalThis).some((name) => isSegmentMatch(owner, name));
}
