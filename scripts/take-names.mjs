/**
 * Plugins of esbuild for scripts that run in the same thread as tasks.
 *
 * A task may replace functions of Node's modules, and esbuild's code for an import by name looks them up at each call.
 * So these plugins read the names when a script is loaded, before any task.
 */
import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';

const IMPORT = /^(import|export) ([^;]*?) from ['"](\.[^'"]*|node:[^'"]*)['"];$/gm;
const NAMED = /^\{([^}]*)\}$/;

/** Reads the names imported from Node's modules from the result of `require`. */
export function takeNames() {
  return rewrite('take-names', ({ specifier }) => specifier.startsWith('node:') && 'require');
}

/**
 * The same for a script that gets these modules, and files of ours that the other script contains, from a function
 * `handed`.
 *
 * @param shared - those files: paths in `dist`.
 * @param names - is filled with the names read from each.
 */
export function takeHanded(shared, names) {
  return rewrite('take-handed', ({ specifier, path, list }) => {
    const name = specifier.startsWith('node:') ? specifier : path;
    if (name === path && !shared.includes(path)) return false;
    const taken = names.get(name) ?? new Set();
    for (const each of list.split(',')) taken.add(each.trim().replace(/ as .*/, ''));
    taken.delete('');
    names.set(name, taken);
    return 'handed';
  });
}

/** The text of a module in `folder` of `dist` that hands over these names. */
export function handing(names, folder) {
  const taken = [];
  const cases = [];
  for (const [index, [name, list]] of [...names].entries()) {
    const own = (between) => [...list].map((each) => `${each}${between}${each}${index}`).join(', ');
    if (name.startsWith('node:')) taken.push(`const { ${own(': ')} } = require('${name}');`);
    else taken.push(`import { ${own(' as ')} } from './${relative(folder, name)}';`);
    cases.push(`case '${name}': return { ${own(': ')} };`);
  }
  const lines = [...taken, 'export function handed(name) { switch (name) {', ...cases, '} }'];
  return lines.join('\n').replaceAll('\\', '/');
}

/** @param from - the function to take the names from, or false to leave the import as it is. */
function rewrite(name, from) {
  return {
    name,
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/ }, async ({ path }) => ({
        contents: rewritten(await readFile(path, 'utf8'), path, from),
      }));
    },
  };
}

function rewritten(text, file, from) {
  return text.replaceAll(IMPORT, (statement, kind, what, specifier) => {
    const path = relative('dist', resolve(file, '..', specifier)).replaceAll('\\', '/');
    const [, list] = NAMED.exec(what) ?? [];
    const source = from({ specifier, path, list: list ?? '' });
    if (source === false) return statement;
    if (kind === 'export' || list === undefined)
      throw new Error(`${file}: import what is needed of ${specifier} by name: "${statement}".`);
    const key = JSON.stringify(specifier.startsWith('node:') ? specifier : path);
    return `const {${list.replaceAll(' as ', ': ')}} = ${source}(${key});`;
  });
}
