/**
 * Names of modules that mean the same on every machine.
 *
 *     file:///home/ada/app/src/jobs.js             <->  root:src/jobs.js
 *     file:///home/ada/app/node_modules/a/x.js     <->  package:a/x.js
 *     node:fs                                      <->  node:fs
 *
 * Submitter and host each have a root folder, which contains the same program. A name is the path of a file below
 * it. For installed packages it is the path below one of the `node_modules` folders that Node searches from the root
 * upwards: the path of the file, not an entry of `exports`, because a worker may need any file. Names are made from
 * real paths, because Node reports these for modules. They are the shortest ones that find the same file again: a
 * package within a package has its own name only if that name finds it.
 *
 * A host gets names from outside. So a name has one spelling, it can't contain "..", and the targets of symbolic
 * links are checked before anything is loaded.
 *
 * In names, the characters `%`, `?` and `#` of paths are escaped as in URLs: text after `?` or `#` belongs to the
 * URL. A name that ends with a slash is that of a folder from which something is resolved.
 */
import { isBuiltin } from 'node:module';
import { isAbsolute, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PicklingError } from '../errors.ts';
import { describeValue } from '../util/validate.ts';
import type { ModuleName } from './call-format.ts';
import {
  findPackage,
  foldersAround,
  isFile,
  isFolder,
  isOwnCode,
  manifestIn,
  packageName,
  pathInside,
  realPath,
} from './package-folder.ts';

const INSTALLED = 'node_modules';
/** Longer than the longest path of most systems. */
const LONGEST = 4096;
const SUFFIX = /[?#].*$/s;
const NAME = /^(root|package):([^?#]*)(.*)$/s;

/**
 * @param url - a `file:` or `node:` URL, or an absolute path.
 * @throws PicklingError (`ERR_NOT_REACHABLE`) if other machines can't have the module.
 */
export function nameModule(url: string, root: string): ModuleName {
  if (url.startsWith('node:')) return url;
  const home = realPath(root);
  const path = pathOf(url, home);
  const file = realPath(path);
  const name = nameOfFile(file, home) ?? nameOfUnfound(file);
  if (name === undefined) {
    throw notReachable(
      url,
      `it is neither in the root folder ${home} nor in an installed package. Pass a root that it is in, ` +
        'or install it as a package.',
    );
  }
  if (name.includes('\\')) throw notReachable(url, 'its path contains a backslash. Rename it.');
  const isFolderName = /[/\\]$/.test(path) && !name.endsWith(':') && !name.endsWith('/');
  const suffix = url.startsWith('file:') ? (SUFFIX.exec(url)?.[0] ?? '') : '';
  return `${name}${isFolderName ? '/' : ''}${suffix}`;
}

/**
 * The URL of a module on this machine.
 *
 * @throws PicklingError: `ERR_IMPORT` if it does not exist, `ERR_NOT_ALLOWED` if the name is invalid or leads out of
 *   its folder.
 */
export function findModule(name: ModuleName, root: string): string {
  if (name.startsWith('node:')) {
    if (isBuiltin(name)) return name;
    throw notFound(`This host's Node ${process.versions.node} has no module ${name}.`);
  }
  const home = realPath(root);
  const { isPackage, path, suffix } = parse(name);
  const file = isPackage ? findInstalled(name, path, home) : findBelow(name, path, home);
  const isFolderName = path === '' || path.endsWith('/');
  if (!(isFolderName ? isFolder(file) : isFile(file)))
    throw notFound(
      `This host has no ${isFolderName ? 'folder' : 'module'} ${name}: there is no ${file}.`,
    );
  return pathToFileURL(isFolderName ? `${file}${sep}` : file).href + suffix;
}

/** The name under which {@link findModule} finds exactly this file. */
function nameOfFile(file: string, home: string): ModuleName | undefined {
  const inside = pathInside(home, file);
  if (inside !== undefined && isOwnCode(file, home)) return `root:${escape(inside)}`;
  const installed = pathsInstalled(file).find((path) => installedFile(path, home) === file);
  if (installed !== undefined) return `package:${escape(installed)}`;
  const linked = linkedPath(file, home);
  if (linked !== undefined) return `package:${escape(linked)}`;
  // Installed for a part of the program only.
  return inside === undefined ? undefined : `root:${escape(inside)}`;
}

/**
 * A name for a package that is not found from the root here. It may be found elsewhere; hashes tell whether it is
 * the same.
 */
function nameOfUnfound(file: string): ModuleName | undefined {
  const [path] = pathsInstalled(file);
  return path === undefined ? undefined : `package:${escape(path)}`;
}

/** The paths of `file` below each `node_modules` folder that contains it, the shortest first. */
function pathsInstalled(file: string): string[] {
  const parts = file.split(sep);
  return parts
    .flatMap((part, at) => (part === INSTALLED ? [parts.slice(at + 1).join('/')] : []))
    .filter((path) => isNameable(path))
    .toReversed();
}

/** False for an empty path, and for a scope alone. */
function isNameable(path: string): boolean {
  const name = packageName(path);
  return name !== '' && name !== INSTALLED && !name.endsWith('/');
}

/** The path of a file in a package that is installed as a link to its source. */
function linkedPath(file: string, home: string): string | undefined {
  for (const folder of foldersAround(file)) {
    const name = manifestIn(folder)?.name;
    const inside = pathInside(folder, file);
    if (typeof name !== 'string' || name === '' || inside === undefined) continue;
    const path = `${name}/${inside}`;
    if (installedFile(path, home) === file) return path;
  }
  return undefined;
}

function installedFile(path: string, home: string): string | undefined {
  const found = findPackage(packageName(path), home);
  if (found === undefined) return undefined;
  return realPath(join(found, path.slice(packageName(path).length)));
}

function findBelow(name: ModuleName, path: string, home: string): string {
  if (path === INSTALLED || path.startsWith(`${INSTALLED}/`)) {
    throw notAllowed(name, `what is in the root's ${INSTALLED} goes by package:<name>/<path>`);
  }
  const file = realPath(join(home, path));
  const isInside = pathInside(home, file) !== undefined;
  if (!isInside && nameOfFile(file, home) === undefined)
    throw notAllowed(name, `a symbolic link leads out of the root folder ${home}, to ${file}`);
  return file;
}

function findInstalled(name: ModuleName, path: string, home: string): string {
  const outer = packageName(path);
  const found = findPackage(outer, home);
  if (found === undefined) {
    throw notFound(
      `This host has no module ${name}: the package ${outer} is in no ${INSTALLED} folder of ${home} ` +
        'or of a folder around it. Install it there.',
    );
  }
  // The innermost package, which contains the file itself.
  const start = path.lastIndexOf(`/${INSTALLED}/`) + 1;
  const inner = start === 0 ? path : path.slice(start + INSTALLED.length + 1);
  const rest = inner.slice(packageName(inner).length);
  const folder = realPath(join(found, path.slice(outer.length, path.length - rest.length)));
  const file = realPath(join(folder, rest));
  if (pathInside(folder, file) === undefined)
    throw notAllowed(
      name,
      `a symbolic link leads out of the package's folder ${folder}, to ${file}`,
    );
  return file;
}

function parse(name: ModuleName): { isPackage: boolean; path: string; suffix: string } {
  const [, kind, written = '', suffix = ''] = NAME.exec(name) ?? [];
  if (kind === undefined)
    throw notAllowed(name, 'names begin with root:, package: or node:, and this one does not');
  if (name.includes('\0') || name.includes('\\'))
    throw notAllowed(name, 'it contains a NUL or a backslash');
  if (name.length > LONGEST) throw notAllowed(name, `it is longer than ${LONGEST} characters`);
  if (/%(?!25|3F|23)/.test(written))
    throw notAllowed(name, 'only %, ? and # are written as %25, %3F and %23');
  const path = unescape(written);
  const isPackage = kind === 'package';
  const parts = path === '' ? [] : path.replace(/\/$/, '').split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    throw notAllowed(name, "it is no plain path: it is absolute, or has '.', '..' or '//' in it");
  if (sep === '\\' && path.includes(':'))
    throw notAllowed(name, 'it names a drive or a stream of a file');
  if (isPackage && !isNameable(path))
    throw notAllowed(
      name,
      'behind package: come the name of a package and the path of a file in it',
    );
  return { isPackage, path, suffix };
}

function pathOf(url: string, home: string): string {
  if (isAbsolute(url)) return url;
  if (!url.startsWith('file:')) {
    throw notReachable(
      url,
      `it is no file that other hosts can have below their root, as this one has below ${home}. ` +
        'Put its code into a file there, or install it as a package.',
    );
  }
  try {
    return fileURLToPath(url.replace(SUFFIX, ''));
  } catch (cause) {
    throw notReachable(
      url,
      `its URL is none of a file below the root folder ${home}. Put it there.`,
      cause,
    );
  }
}

function escape(path: string): string {
  return path.replaceAll('%', '%25').replaceAll('?', '%3F').replaceAll('#', '%23');
}

function unescape(path: string): string {
  return path.replaceAll('%3F', '?').replaceAll('%23', '#').replaceAll('%25', '%');
}

/** The name without the parts that only belong to the URL. */
export function plainName(name: ModuleName): string {
  return unescape(name.replace(SUFFIX, ''));
}

function notReachable(url: string, why: string, cause?: unknown): PicklingError {
  return new PicklingError(`Other machines can't be told which module ${shorten(url)} is: ${why}`, {
    code: 'ERR_NOT_REACHABLE',
    cause,
  });
}

function notFound(message: string): PicklingError {
  return new PicklingError(message, { code: 'ERR_IMPORT' });
}

function notAllowed(name: ModuleName, why: string): PicklingError {
  return new PicklingError(
    `This host loads no module by the name ${describeValue(name)}: ${why}.`,
    { code: 'ERR_NOT_ALLOWED' },
  );
}

/** Shortens a data: URL, which is as long as its module. */
function shorten(url: string): string {
  return url.startsWith('data:') && url.length > 60 ? `${url.slice(0, 57)}...` : url;
}
