/** What modules import under names of their own, imported here as if they did it. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { constants } from 'node:vm';
import type { PackedNode } from '../protocol/packed.ts';
import { BoundedMap } from '../util/bounded-map.ts';
import { importModule } from './import-function.ts';
import { loadScript } from './closure-factory.ts';

type ImportNode = Extract<PackedNode, { k: 'import' }>;

/** The caller of `import()` waits for as long as it takes. */
const LONGEST = 2 ** 31 - 1;
const namespaces = new BoundedMap<string, object>(10_000);

/** The imported value, if the module is there. Read anew each time, because it may change. */
export function loadedImport({
  from,
  specifier,
  name,
}: ImportNode): { value: unknown } | undefined {
  const namespace = namespaces.get(`${specifier} ${from}`);
  if (namespace === undefined) return undefined;
  return { value: name === '*' ? namespace : Reflect.get(namespace, name) };
}

export async function loadImport({ from, specifier }: ImportNode, timeout: number): Promise<void> {
  const namespace = await importModule(specifier, timeout, importerOf(specifier, from));
  namespaces.set(`${specifier} ${from}`, namespace);
}

/** What `import()` is in the module `url`, where Vite has put a function of its own in its place. */
export function importerFor(url: string): (specifier: string) => Promise<object> {
  return (specifier) => {
    const meant = fromViteRoot(specifier, url);
    return importModule(meant, LONGEST, importerOf(meant, url));
  };
}

/**
 * Vite writes a path that starts at its root where the source had a relative one, and one behind `/@fs`
 * where that lies elsewhere. The root is not told: it is the folder the program was started in,
 * or another one that the importing module is in.
 */
function fromViteRoot(specifier: string, url: string): string {
  if (!specifier.startsWith('/')) return specifier;
  const outside = /^\/@fs(?:\/(?=[a-z]:))?(.*)$/i.exec(specifier)?.[1];
  if (outside !== undefined) return pathToFileURL(outside).href;
  const folders = [process.cwd()];
  if (url.startsWith('file:')) {
    for (let at = dirname(fileURLToPath(url)); at !== folders.at(-1); at = dirname(at))
      folders.push(at);
  }
  const file = folders.map((folder) => join(folder, specifier)).find((each) => existsSync(each));
  return pathToFileURL(file ?? specifier).href;
}

/** Names of packages mean what they mean to the module that uses them. */
function importerOf(specifier: string, from: string): (specifier: string) => Promise<object> {
  if (/^[a-z]+:/i.test(specifier)) return (url) => import(url) as Promise<object>;
  return loadScript('(specifier)=>import(specifier)', {
    filename: from,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as (specifier: string) => Promise<object>;
}

/** What `import.meta` is in the module at `url`. */
export function metaOf(url: string): object {
  const isFile = url.startsWith('file:');
  const filename = isFile ? fileURLToPath(url) : undefined;
  return {
    url,
    ...(filename === undefined ? {} : { filename, dirname: dirname(filename) }),
    resolve: (specifier: string) => (isFile ? resolveFrom(specifier, url) : specifier),
  };
}

function resolveFrom(specifier: string, url: string): string {
  if (/^\.{0,2}\//.test(specifier)) return new URL(specifier, url).href;
  const found = createRequire(url).resolve(specifier);
  return isAbsolute(found) ? pathToFileURL(found).href : found;
}
