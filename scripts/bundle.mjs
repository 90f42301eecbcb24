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
import { build } from 'esbuild';
import { takeNames } from './take-names.mjs';

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  logLevel: 'warning',
};
// Otherwise a class that mentions itself goes by another name in messages. It takes time wherever a function
// is made, so what runs for each function that is packed goes without.
const withNames = { ...common, keepNames: true };

/**
 * What the script of a worker has already, and hands to the code that makes functions anew: see
 * src/worker/revive-code.ts.
 */
const SHARED = [
  'errors.js',
  'util/primordials.js',
  'worker/import-function.js',
  'worker/load-script.js',
];

const REVIVE = `import { revive } from './worker/revive.js'; handOver(revive);`;

const reviveCode = await textOfRevive();

await Promise.all([
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
  ].map((entry) =>
    script(entry, {
      ...withNames,
      define: { REVIVE_CODE: JSON.stringify(reviveCode) },
      plugins: [takeNames('require')],
    }),
  ),
  ...['lookup/lookup', 'closure/capture'].map((entry) => script(entry, common)),
]);

function module(entry, outfile) {
  return build({ ...withNames, entryPoints: [`dist/${entry}.js`], outfile, format: 'esm' });
}

function script(entry, options) {
  return build({
    ...options,
    entryPoints: [`dist/${entry}.js`],
    outfile: `dist/${entry}.cjs`,
    format: 'cjs',
  });
}

/** A function expression. `handed` gives what is shared, by its name; `handOver` gets `revive`. */
async function textOfRevive() {
  const { outputFiles } = await build({
    ...common,
    // Not as a module: what makes one of it would look up `Object` whenever that is.
    stdin: { contents: REVIVE, resolveDir: 'dist' },
    format: 'iife',
    write: false,
    minifyWhitespace: true,
    plugins: [takeNames('handed', SHARED)],
  });
  return `(function(handed,handOver){"use strict";${outputFiles[0].text}})`;
}
