/**
 * Finds patterns of a host's permissions that match nothing. So a mistyped pattern is reported at the start of the
 * host, and not by the first refused call.
 *
 * Only folders in which a match is possible are searched, and a limited number of files: the rest counts as matched.
 */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { builtinModules, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { isMatch, isSegmentMatch, type Pattern, patternsIn } from '../cluster/allow-list.ts';
import { foldersAround, isFile, isFolder, realPath } from '../cluster/package-folder.ts';

const MOST_ENTRIES = 20_000;
const INSTALLED = 'node_modules';

/** The patterns of which no alternative matches. Never rejects. */
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
   * True if the folder, or a folder below it, has a file with a matching path.
   *
   * @param except - a folder that wildcards do not match.
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
  // Some modules have their full name only, and are in no list of older versions.
  if (isBuiltin(`node:${pattern.segments.join('/')}`)) return true;
  return builtinModules.some((name) => isMatch(pattern, name.replace(/^node:/, '').split('/')));
}

/** For a member, only its object is checked: a further look would load modules that are loaded on demand. */
function isGlobal(path: string): boolean {
  const [owner = ''] = path.split('.', 1);
  return Object.getOwnPropertyNames(globalThis).some((name) => isSegmentMatch(owner, name));
}
