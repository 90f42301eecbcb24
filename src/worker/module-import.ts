/** Imports the values that a module imports, in the same way as the module does. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath, pathToFileURL, URL } from 'node:url';
import type { PackedNode } from '../protocol/packed.ts';
import { BoundedMap } from '../util/bounded-map.ts';
import { currentFolder, match, matches, reflectGet, startsWith } from '../util/primordials.ts';
import { importModule, importUrl } from './import-function.ts';
import { loadScript } from './load-script.ts';

type ImportNode = Extract<PackedNode, { k: 'import' }>;

/** Milliseconds; practically no limit: the caller of `import()` waits as long as the import takes. */
const LONGEST = 2 ** 31 - 1;
const namespaces = new BoundedMap<string, object>(10_000);

/** The imported value, if the module is loaded. Read again at each use, because it may change. */
export function loadedImport({
  from,
  specifier,
  name,
}: ImportNode): { value: unknown } | undefined {
  const namespace = namespaces.get(`${specifier} ${from}`);
  if (namespace === undefined) return undefined;
  return { value: name === '*' ? namespace : reflectGet(namespace, name) };
}

export async function loadImport({ from, specifier }: ImportNode, timeout: number): Promise<void> {
  const namespace = await importModule(specifier, timeout, importerOf(specifier, from));
  namespaces.set(`${specifier} ${from}`, namespace);
}

/** The `import()` of the module `url`, for code in which Vite has replaced it with a function of its own. */
export function importerFor(url: string): (specifier: string) => Promise<object> {
  return (specifier) => {
    const meant = fromViteRoot(specifier, url);
    return importModule(meant, LONGEST, importerOf(meant, url));
  };
}

/**
 * Vite replaces a relative path with one that starts at its root, or with one after `/@fs` outside of its root. The
 * root is not known here: it is the folder in which the program was started, or a folder above the importing module.
 */
function fromViteRoot(specifier: string, url: string): string {
  if (!startsWith(specifier, '/')) return specifier;
  const outside = match(/^\/@fs(?:\/(?=[a-z]:))?(.*)$/i, specifier)?.[1];
  if (outside !== undefined) return pathToFileURL(outside).href;
  const file = join(currentFolder(), specifier);
  if (existsSync(file)) return pathToFileURL(file).href;
  const above = startsWith(url, 'file:') ? aboveFile(fileURLToPath(url), specifier) : undefined;
  return pathToFileURL(above ?? specifier).href;
}

function aboveFile(path: string, specifier: string): string | undefined {
  let folder = path;
  do {
    path = folder;
    folder = dirname(path);
    const file = join(folder, specifier);
    if (existsSync(file)) return file;
  } while (folder !== path);
  return undefined;
}

/** Package names are resolved from the module that uses them. */
function importerOf(specifier: string, from: string): (specifier: string) => Promise<object> {
  if (matches(/^[a-z]+:/i, specifier)) return importUrl;
  return loadScript('(specifier)=>import(specifier)', { filename: from, imports: true }) as (
    specifier: string,
  ) => Promise<object>;
}

/** The `import.meta` of the module at `url`. */
export function metaOf(url: string): object {
  const isFile = startsWith(url, 'file:');
  const filename = isFile ? fileURLToPath(url) : undefined;
  return {
    url,
    ...(filename === undefined ? {} : { filename, dirname: dirname(filename) }),
    resolve: (specifier: string) => (isFile ? resolveFrom(specifier, url) : specifier),
  };
}

function resolveFrom(specifier: string, url: string): string {
  if (matches(/^\.{0,2}\//, specifier)) return new URL(specifier, url).href;
  // primordials: it has been made this moment.
  const found = createRequire(url).resolve(specifier);
  return isAbsolute(found) ? pathToFileURL(found).href : found;
}
