/**
 * The modules of a packed function: by name while it travels, by URL on the machines where it was made and where it
 * runs.
 *
 * Some of these modules are loaded: those that are referred to or imported. Others are only the base from which
 * something is resolved: the importing module, the file of a closure's source. A base need not exist on the other
 * machine, if its folder does: a program that submits closures of its main script may have hosts without that
 * script. So `modulesOf` returns the first kind, and both kinds are renamed.
 */
import { isAbsolute, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PicklingError } from '../errors.ts';
import type { Packed, PackedCode, PackedNode } from '../protocol/packed.ts';
import { moduleRequests } from '../source/module-requests.ts';
import { BoundedMap } from '../util/bounded-map.ts';
import type { ModuleName } from './call-format.ts';
import { findRequested } from './module-request.ts';
import { realPath } from './package-folder.ts';

/** A new name for each reference to a module. */
interface Renaming {
  /** A module that is loaded. */
  readonly module: (module: string) => string;
  /** A module from which something is resolved. */
  readonly base: (module: string) => string;
  readonly specifier: (specifier: string) => string;
  readonly file: (code: PackedCode) => string;
}

const MOST_SOURCES = 1000;
const NAME = /^(?:root|package|node):/;

/**
 * A copy that means the same on every machine.
 *
 * @param name - see `nameModule`; throws if a module can't be named.
 */
export function nameModules(packed: Packed, name: (url: string) => ModuleName): Packed {
  return renamed(packed, {
    module: name,
    base: (url) => (url === '' ? url : name(url)),
    specifier: (specifier) => (isModuleUrl(specifier) ? name(specifier) : specifier),
    file: (code) => nameFile(code, name),
  });
}

/**
 * A copy in which the names are replaced by URLs of this machine.
 *
 * @param find - see `findModule`; also called for folders, with names that end with a slash.
 */
export function findModules(packed: Packed, find: (name: ModuleName) => string): Packed {
  const base = (name: ModuleName): string => (name === '' ? name : findBase(name, find));
  return renamed(packed, {
    module: find,
    base,
    specifier: (specifier) =>
      isModuleUrl(specifier) || /^(?:root|package):/i.test(specifier) ? find(specifier) : specifier,
    file: ({ file, imports }) => {
      if (!NAME.test(file)) return file;
      try {
        return base(file);
      } catch (error) {
        if (imports) throw error;
        return file;
      }
    },
  });
}

/**
 * The URLs of all modules that are loaded for a function that was packed or found here, each once: those that it
 * refers to, and those that its own code imports. A published package is represented by its package.json.
 *
 * @param root - the same as for the names.
 */
export function modulesOf(packed: Packed, root: string): string[] {
  const home = realPath(root);
  const found = new Set<string>();
  for (const node of packed.nodes) {
    switch (node.k) {
      case 'reference':
        found.add(node.at.module);
        break;
      case 'module':
      case 'importer':
        found.add(node.url);
        break;
      case 'import': {
        const files = requested(node.specifier, node.from, home);
        // Only a loader can resolve it. The importing module at least contains the specifier.
        for (const each of files.length === 0 ? [node.from] : files) found.add(each);
        break;
      }
      case 'closure':
        for (const specifier of requestsOf(node.code.source))
          for (const each of requested(specifier, node.code.file, home)) found.add(each);
        break;
      default:
    }
  }
  return [...found];
}

function renamed(packed: Packed, to: Renaming): Packed {
  const nodes = packed.nodes.map((node): PackedNode => {
    switch (node.k) {
      case 'reference':
        return { ...node, at: { ...node.at, module: to.module(node.at.module) } };
      case 'module':
        return { ...node, url: to.module(node.url) };
      case 'import':
        return { ...node, from: to.base(node.from), specifier: to.specifier(node.specifier) };
      case 'require':
      case 'meta':
      case 'importer':
        return { ...node, url: to.base(node.url) };
      case 'closure':
        return { ...node, code: { ...node.code, file: to.file(node.code) } };
      default:
        return node;
    }
  });
  return { ...packed, nodes };
}

/** Imports in the code are resolved from its file. Without imports, the file is only for stack traces. */
function nameFile({ file, imports }: PackedCode, name: (url: string) => ModuleName): string {
  if (!isModuleUrl(file)) return file.startsWith('data:') ? '' : file;
  try {
    return name(file);
  } catch (error) {
    if (imports) throw error;
    return file.replace(/[?#].*$/s, '').replace(/^.*[/\\]/s, '');
  }
}

function findBase(name: ModuleName, find: (name: ModuleName) => string): string {
  try {
    return find(name);
  } catch (error) {
    const [, folder, file = ''] = /^([^?#]*[:/])([^/?#]+(?:[?#].*)?)$/s.exec(name) ?? [];
    if (!(error instanceof PicklingError) || error.code !== 'ERR_IMPORT' || folder === undefined)
      throw error;
    return new URL(`./${file}`, find(folder)).href;
  }
}

function requested(specifier: string, from: string, root: string): string[] {
  const path = pathOf(from);
  const found = findRequested(specifier, path ?? join(root, 'x'), root);
  if (found === undefined) return [];
  if ('builtin' in found) return [found.builtin];
  // Without the importing file, nothing else can be resolved.
  if (path === undefined) return [];
  if ('files' in found) return found.files.map((file) => pathToFileURL(file).href);
  return [pathToFileURL(join(found.installed.folder, 'package.json')).href];
}

function pathOf(module: string): string | undefined {
  if (!isModuleUrl(module)) return undefined;
  return realPath(isAbsolute(module) ? module : fileURLToPath(module.replace(/[?#].*$/s, '')));
}

const requests = new BoundedMap<string, readonly string[]>(MOST_SOURCES);

/** Cached, because the same function is usually sent many times. */
function requestsOf(source: string): readonly string[] {
  // Code without any of these words loads nothing, unless a word contains an escape.
  if (!/import|require|\\/.test(source)) return [];
  let found = requests.get(source);
  if (found === undefined) {
    found = moduleRequests(source);
    requests.set(source, found);
  }
  return found;
}

/** True if it is the location of a file on this machine. */
function isModuleUrl(text: string): boolean {
  return isAbsolute(text) || protocolOf(text) === 'file:';
}

/** Parsed like in the language's loaders, which ignore leading spaces and capitals. */
function protocolOf(text: string): string {
  return URL.canParse(text) ? new URL(text).protocol : '';
}
