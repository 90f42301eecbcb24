/**
 * Puts what a program loads, and what a worker thread starts with, into one file each.
 *
 * Every worker loads the second at its start, and the first as soon as a task's module imports this
 * library. As modules of their own, five dozen small files, that took 35 ms, more than Node needs to
 * start a thread at all; as two files it takes 5. The modules stay in `dist` for the tests of internals,
 * and are not published.
 *
 * Both lie one folder deep, like the modules that name one another by URL.
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
// Otherwise a class that mentions itself goes by another name in messages. It takes time wherever a function
// is made, so what runs for each function that is packed goes without.
const withNames = { ...common, keepNames: true };

/** What the script of a worker has already, and hands to the one that makes functions anew. */
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
  // Together, because a future of the one has to be a future for the other.
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
 * The compiler has relative names ending in `.ts` rewritten when a program runs, by patterns that a task may have spoiled.
 * Workers import by URL.
 */
function importAsGiven() {
  const file = 'dist/worker/import-function.js';
  const code = readFileSync(file, 'utf8');
  const plain = code.replace('import(__rewriteRelativeImportExtension(url))', 'import(url)');
  if (plain === code) throw new Error(`${file} does not import as this script expects.`);
  writeFileSync(file, plain);
}

/** A plugin that puts the text of `revive.ts`, and what that needs, in the place of src/worker/revive-script.ts. */
async function makeReviveScript() {
  const names = new Map();
  const { outputFiles } = await build({
    ...common,
    // Not as a module: what makes one of it would look up `Object` whenever that is.
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
