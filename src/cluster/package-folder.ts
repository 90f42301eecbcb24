/** Folders of packages: which one a file belongs to, and where Node would look for another. */
import { readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { BoundedMap } from '../util/bounded-map.ts';

/** What a package.json says, as far as it matters to where its files are found. */
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

/** Undefined: it has no package.json that can be read. Asked for each import of each file, so what was read is kept. */
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

/** The folder that `path` is in, and those around it, from the inside out. */
export function* foldersAround(path: string): Iterable<string> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    yield folder;
    if (folder === dirname(folder)) return;
  }
}

/** The package that `file` is part of. */
export function packageAround(file: string): PackageFolder | undefined {
  for (const folder of foldersAround(file)) {
    if (basename(folder) === 'node_modules') return undefined;
    const manifest = manifestIn(folder);
    if (manifest !== undefined) return { folder, manifest };
  }
  return undefined;
}

/** Where Node finds the package `name` for code that lies in `folder`. */
export function findPackage(name: string, folder: string): string | undefined {
  for (const each of foldersAround(join(folder, 'x'))) {
    const found = join(each, 'node_modules', name);
    if (basename(each) !== 'node_modules' && isFolder(found)) return found;
  }
  return undefined;
}

/** Of `@acme/tool/lib/x.js` and of `tool/lib/x.js` what comes before `lib`. */
export function packageName(path: string): string {
  const [first = '', second = ''] = path.split('/', 2);
  return first.startsWith('@') ? `${first}/${second}` : first;
}

/** `name@version`, which says what is in the package, as nobody publishes another under the same. */
export function packageIdentity({ name, version }: Manifest): string {
  return `${String(name)}@${String(version)}`;
}

/** The way from `folder` to `path`, with slashes; undefined if it isn't in there. */
export function pathInside(folder: string, path: string): string | undefined {
  const way = relative(folder, path);
  const leaves = way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
  return leaves ? undefined : way.replaceAll(sep, '/');
}

/** Whether what lies at this path inside `root` was written there, not installed. */
export function isOwnCode(path: string, root: string): boolean {
  const inside = pathInside(root, path);
  return inside !== undefined && !inside.split('/').includes('node_modules');
}

/** The folder of the package that `file` was installed with, whatever folders inside say of themselves. */
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

/** Whatever is in the way: what can't be looked at can't be loaded either. */
function look(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Without symbolic links; of what isn't there, where it would be. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPath(folder), basename(path));
  }
}
