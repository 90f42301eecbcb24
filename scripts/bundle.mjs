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

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  logLevel: 'warning',
  // Otherwise a class that mentions itself goes by another name in messages.
  keepNames: true,
};

await Promise.all([
  build({
    ...common,
    entryPoints: ['dist/index.js'],
    outfile: 'dist/bundle/index.js',
    format: 'esm',
  }),
  build({
    ...common,
    entryPoints: ['dist/thread/thread-entry.js'],
    outfile: 'dist/thread/thread-entry.cjs',
    format: 'cjs',
  }),
]);
