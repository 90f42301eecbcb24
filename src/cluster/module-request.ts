/**
 * Resolves a specifier in a module: to files, or to a published package.
 *
 * The result is not exactly what Node would load, which depends on conditions and on loaders that are unknown here:
 * if a package maps an entry to one of several files, the result contains all of them. It is enough that two
 * machines find the same files in the same program, and that no file is missing that may be loaded.
 */
import { realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  findPackage,
  installedFolder,
  isFile,
  isFolder,
  isOwnCode,
  type Manifest,
  manifestIn,
  packageAround,
  type PackageFolder,
  packageName,
  pathInside,
} from './package-folder.ts';

export type Requested =
  /** Real paths. */
  | { readonly files: readonly string[] }
  | { readonly installed: PackageFolder }
  | { readonly builtin: string };

/**
 * For the name of a compiled file the names of its possible sources, as TypeScript compilers and loaders resolve it.
 */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx'],
  '.jsx': ['.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
};
/** Endings that a specifier may omit. */
const ENDINGS = '.js .json .node .ts .tsx .mts .cts .mjs .cjs .jsx'.split(' ');

/**
 * @param from - the real path of the file that contains the specifier.
 * @param root - files below it that are not installed are followed, regardless of their package's version.
 * @returns undefined if it does not exist, or is not a file.
 */
export function findRequested(
  specifier: string,
  from: string,
  root: string,
): Requested | undefined {
  if (isBuiltin(specifier)) return { builtin: `node:${specifier.replace(/^node:/, '')}` };
  if (/^(?:\.{0,2}\/|\.{1,2}$|file:)/.test(specifier))
    return filesAt(pathsOf(specifier, from), from);
  if (specifier.startsWith('#')) {
    const around = packageAround(from);
    const targets = targetsOf(around?.manifest.imports, specifier);
    return around === undefined ? undefined : among(targets, around, from, root);
  }
  if (specifier.includes(':')) return undefined;
  const found = packageOf(packageName(specifier), from);
  if (found === undefined) return undefined;
  if (!isDeveloped(found.folder, root)) return { installed: found };
  const subpath = `.${specifier.slice(packageName(specifier).length)}`;
  return among(entriesOf(found.manifest, subpath), found, from, root);
}

/** True if its files may change without its version: in a workspace, or behind a link. */
function isDeveloped(folder: string, root: string): boolean {
  return isOwnCode(folder, root) || installedFolder(folder) === undefined;
}

function packageOf(name: string, from: string): PackageFolder | undefined {
  const around = packageAround(from);
  if (around?.manifest.name === name && around.manifest.exports !== undefined) return around;
  const found = findPackage(name, dirname(from));
  if (found === undefined) return undefined;
  const folder = realpathSync(found);
  return { folder, manifest: manifestIn(folder) ?? {} };
}

/** Specifiers are URLs in ES modules and paths in CommonJS. An existing path is taken first. */
function pathsOf(specifier: string, from: string): string[] {
  const paths = specifier.startsWith('file:') ? [] : [resolve(dirname(from), specifier)];
  try {
    const { href } = new URL(specifier, pathToFileURL(from));
    paths.push(fileURLToPath(href.replace(/[?#].*$/s, '')));
  } catch {
    // Not the URL of a file, so it can only be a path.
  }
  return paths;
}

function filesAt(paths: readonly string[], from: string): Requested | undefined {
  for (const path of paths) {
    const file = fileAt(path, /\.[cm]?tsx?$/.test(from));
    if (file !== undefined) return { files: [realpathSync(file)] };
  }
  return undefined;
}

function fileAt(path: string, fromTypeScript: boolean): string | undefined {
  const ending = /\.[cm]?jsx?$/.exec(path)?.[0] ?? '';
  const stem = path.slice(0, path.length - ending.length);
  const sources = (SOURCES[ending] ?? []).map((each) => stem + each);
  const named = fromTypeScript ? [...sources, path] : [path, ...sources];
  const found = [...named, ...ENDINGS.map((each) => path + each)].find((each) => isFile(each));
  if (found !== undefined || !isFolder(path)) return found;
  const main = manifestIn(path)?.main;
  const stems = [join(path, 'index')];
  if (typeof main === 'string' && main !== '')
    stems.unshift(join(path, main), join(path, main, 'index'));
  return stems
    .flatMap((each) => ['', ...ENDINGS].map((end) => each + end))
    .find((each) => isFile(each));
}

/** The files of a package's targets, or the package that a target refers to. */
function among(
  targets: readonly string[],
  { folder }: PackageFolder,
  from: string,
  root: string,
): Requested | undefined {
  const [first] = targets;
  if (first !== undefined && !first.startsWith('./'))
    return first.startsWith('#') ? undefined : findRequested(first, from, root);
  const files = targets
    .map((target) => fileAt(join(folder, target), false))
    .flatMap((file) => (file === undefined ? [] : [realpathSync(file)]))
    .filter((file) => pathInside(folder, file) !== undefined);
  return files.length === 0 ? undefined : { files };
}

function entriesOf({ exports }: Manifest, subpath: string): string[] {
  if (exports === undefined || exports === null) return [subpath === '.' ? './' : subpath];
  const isMap =
    typeof exports === 'object' && Object.keys(exports).some((key) => key.startsWith('.'));
  return targetsOf(isMap ? exports : { '.': exports }, subpath);
}

/** The targets for `key` in `exports` or `imports` of a package.json, under all conditions. */
function targetsOf(map: unknown, key: string): string[] {
  if (typeof map !== 'object' || map === null) return [];
  if (Object.hasOwn(map, key)) return stringsIn(Reflect.get(map, key));
  const pattern = Object.keys(map)
    .filter((each) => {
      const [head = '', tail] = each.split('*');
      const fits = tail !== undefined && key.startsWith(head) && key.endsWith(tail);
      return fits && key.length >= head.length + tail.length;
    })
    .toSorted((a, b) => b.indexOf('*') - a.indexOf('*') || b.length - a.length)[0];
  if (pattern === undefined) return [];
  const [head = '', tail = ''] = pattern.split('*');
  const part = key.slice(head.length, key.length - tail.length);
  return stringsIn(Reflect.get(map, pattern)).map((each) => each.replaceAll('*', () => part));
}

function stringsIn(target: unknown): string[] {
  const found = new Set<string>();
  const stack: unknown[] = [target];
  for (let each = stack.pop(); each !== undefined; each = stack.pop()) {
    if (typeof each === 'string') found.add(each);
    else if (typeof each === 'object' && each !== null) {
      const inside = Object.entries(each).filter(([condition]) => condition !== 'types');
      stack.push(...inside.map(([, value]) => value as unknown).toReversed());
    }
  }
  return [...found];
}
