/** Folders of packages: the package of a file, and the folders in which Node searches for another. */
import { readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { BoundedMap } from '../util/bounded-map.ts';

/** The fields of a package.json that matter for finding its files. */
export interface Manifest {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly main?: unknown;
  readonly exports?: unknown;
  readonly imports?: unknown;
}

export interface PackageFolder {
  readonly folder: string;
  readonly manifest: Manifest;
}

interface ReadManifest {
  readonly mtimeMs: number;
  readonly size: number;
  readonly manifest: Manifest | undefined;
}

const MOST_MANIFESTS = 1000;
const manifests = new BoundedMap<string, ReadManifest>(MOST_MANIFESTS);

/** Undefined if there is no readable package.json. Called for each import of each file, so results are kept. */
export function manifestIn(folder: string): Manifest | undefined {
  const file = join(folder, 'package.json');
  const { mtimeMs, size } = look(file) ?? {};
  if (mtimeMs === undefined || size === undefined) return undefined;
  let read = manifests.get(file);
  if (read?.mtimeMs !== mtimeMs || read.size !== size) {
    read = { mtimeMs, size, manifest: readManifest(file) };
    manifests.set(file, read);
  }
  return read.manifest;
}

function readManifest(file: string): Manifest | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The folder that contains `path`, and those around it, from the inside out. */
export function* foldersAround(path: string): Iterable<string> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    yield folder;
    if (folder === dirname(folder)) return;
  }
}

/** The package that contains `file`. */
export function packageAround(file: string): PackageFolder | undefined {
  for (const folder of foldersAround(file)) {
    if (basename(folder) === 'node_modules') return undefined;
    const manifest = manifestIn(folder);
    if (manifest !== undefined) return { folder, manifest };
  }
  return undefined;
}

/** The folder in which Node finds the package `name` for code in `folder`. */
export function findPackage(name: string, folder: string): string | undefined {
  for (const each of foldersAround(join(folder, 'x'))) {
    const found = join(each, 'node_modules', name);
    if (basename(each) !== 'node_modules' && isFolder(found)) return found;
  }
  return undefined;
}

/** The part before `lib` in `@acme/tool/lib/x.js` and `tool/lib/x.js`. */
export function packageName(path: string): string {
  const [first = '', second = ''] = path.split('/', 2);
  return first.startsWith('@') ? `${first}/${second}` : first;
}

/** `name@version`. It identifies the content of a package, because a version is published only once. */
export function packageIdentity({ name, version }: Manifest): string {
  return `${String(name)}@${String(version)}`;
}

/** The path from `folder` to `path`, with slashes; undefined if `path` is outside. */
export function pathInside(folder: string, path: string): string | undefined {
  const way = relative(folder, path);
  const leaves = way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
  return leaves ? undefined : way.replaceAll(sep, '/');
}

/** True if the file at this path is inside `root` and not installed. */
export function isOwnCode(path: string, root: string): boolean {
  const inside = pathInside(root, path);
  return inside !== undefined && !inside.split('/').includes('node_modules');
}

/** The folder of the package with which `file` was installed, even if inner folders have a package.json. */
export function installedFolder(file: string): string | undefined {
  const marker = `${sep}node_modules${sep}`;
  const start = file.lastIndexOf(marker) + marker.length;
  if (start < marker.length) return undefined;
  const name = packageName(file.slice(start).replaceAll(sep, '/'));
  return join(file.slice(0, start), name);
}

export function isFolder(path: string): boolean {
  return look(path)?.isDirectory() === true;
}

export function isFile(path: string): boolean {
  return look(path)?.isFile() === true;
}

/** Undefined on any error: a file that can't be examined can't be loaded either. */
function look(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** The path without symbolic links. If the file does not exist, the path that it would have. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPath(folder), basename(path));
  }
}
