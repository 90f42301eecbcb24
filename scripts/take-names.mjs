/**
 * A plugin of esbuild: what is imported by name from Node's modules is taken when the script is loaded. A task may
 * replace their functions later, and what esbuild makes of an import looks them up at each call.
 */
import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';

const IMPORT = /^(import|export) ([^;]*?) from ['"](\.[^'"]*|node:[^'"]*)['"];$/gm;
const NAMED = /^\{([^}]*)\}$/;

/**
 * @param from - the function that gives a module, by its name.
 * @param shared - files of ours that come in the same way: paths in `dist`.
 */
export function takeNames(from, shared = []) {
  return {
    name: 'take-names',
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/ }, async ({ path }) => ({
        contents: taken(await readFile(path, 'utf8'), path, from, shared),
      }));
    },
  };
}

function taken(text, path, from, shared) {
  return text.replaceAll(IMPORT, (statement, kind, what, specifier) => {
    const isNodes = specifier.startsWith('node:');
    const name = isNodes ? specifier : inDist(resolve(path, '..', specifier));
    if (!isNodes && !shared.includes(name)) return statement;
    const [, names] = NAMED.exec(what) ?? [];
    if (kind === 'export' || names === undefined)
      throw new Error(`${path}: import what is needed of ${specifier} by name, not "${statement}".`);
    return `const {${names.replaceAll(' as ', ': ')}} = ${from}(${JSON.stringify(name)});`;
  });
}

function inDist(path) {
  return relative('dist', path).replaceAll('\\', '/');
}
