/**
 * Makes one file for each place where loading begins: the entries of a program, the command, and the scripts of workers
 * and of the threads beside them. ARCHITECTURE.md has the list.
 *
 * Every worker loads its script at its start, and the program's entry as soon as a task's module imports this library.
 * As separate modules these took 35 ms, more than Node needs to start a thread at all; as one file each they take less
 * than 10. The modules stay in `dist` for the tests of internals, and are not published.
 *
 * All lie one folder deep, like the modules, because they name one another by URL.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { build } from 'esbuild';
import { hardenHelpers } from './harden-helpers.mjs';
import { handing, takeHanded, takeNames } from './take-names.mjs';

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  logLevel: 'warning',
  write: false,
};
// Otherwise a class that refers to itself has another name in messages. Keeping names takes time wherever a function is
// made, so the code that runs for each packed function does without.
const withNames = { ...common, keepNames: true };

/** Files that a worker's script contains already, and passes to the script that rebuilds functions. */
const SHARED = [
  'errors.js',
  'util/primordials.js',
  'worker/import-function.js',
  'worker/load-script.js',
];
const REVIVE = `import { revive } from './worker/revive.js'; handOver(revive);`;

importAsGiven();
const reviveScript = await makeReviveScript();

const results = await Promise.all([
  // Together, because a future of one entry must be a future for the other.
  build({
    ...withNames,
    entryPoints: { index: 'dist/index.js', cluster: 'dist/cluster.js', cli: 'dist/cli/cli.js' },
    outdir: 'dist/bundle',
    format: 'esm',
    splitting: true,
    chunkNames: '[name]-[hash]',
  }),
  module('register', 'dist/bundle/register.js'),
  module('host/call-entry', 'dist/host/call-entry.mjs'),
  ...[
    'thread/thread-entry',
    'process/process-entry',
    'process/orphan-guard-entry',
    'process/manager-entry',
  ].map((entry) => script(entry, { ...withNames, plugins: [reviveScript, takeNames()] })),
  ...['lookup/lookup', 'closure/capture'].map((entry) => script(entry, common)),
]);

for (const { path, text } of results.flatMap(({ outputFiles }) => outputFiles)) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, hardenHelpers(text, path));
}

function module(entry, outfile) {
  return build({ ...withNames, entryPoints: [`dist/${entry}.js`], outfile, format: 'esm' });
}

function script(entry, options) {
  const outfile = `dist/${entry}.cjs`;
  return build({ ...options, entryPoints: [`dist/${entry}.js`], outfile, format: 'cjs' });
}

/**
 * The compiler's helper rewrites relative names ending in `.ts` at run time, with patterns that a task may have
 * changed. Workers import by URL and do not need it.
 */
function importAsGiven() {
  const file = 'dist/worker/import-function.js';
  const code = readFileSync(file, 'utf8');
  const plain = code.replace('import(__rewriteRelativeImportExtension(url))', 'import(url)');
  if (plain === code) throw new Error(`${file} does not import as this script expects.`);
  writeFileSync(file, plain);
}

/** A plugin that replaces src/worker/revive-script.ts by the text of `revive.ts`, and its dependencies. */
async function makeReviveScript() {
  const names = new Map();
  const { outputFiles } = await build({
    ...common,
    // Not as a module: the helper that makes one would look up `Object` at run time.
    stdin: { contents: REVIVE, resolveDir: 'dist' },
    format: 'iife',
    minifyWhitespace: true,
    plugins: [takeHanded(SHARED, names)],
  });
  const text = `(function(handed,handOver){"use strict";${outputFiles[0].text}})`;
  return {
    name: 'revive-script',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /revive-script\.js$/ }, ({ resolveDir }) => ({
        path: 'revive-script',
        namespace: 'made',
        pluginData: { resolveDir },
      }));
      onLoad({ filter: /./, namespace: 'made' }, ({ pluginData: { resolveDir } }) => ({
        contents: `export const script = ${JSON.stringify(text)};\n${handing(names, 'worker')}`,
        resolveDir,
      }));
    },
  };
}
