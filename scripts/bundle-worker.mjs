/**
 * Puts what a worker thread starts with into one file.
 *
 * A worker loads it at every start. As two dozen modules that took 15 ms longer than as one script,
 * half as long again as Node needs to start a thread at all. The modules stay beside it, for tests.
 */
import { build } from 'esbuild';

await build({
  entryPoints: ['dist/thread/thread-entry.js'],
  outfile: 'dist/thread/thread-entry.cjs',
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20.19',
  logLevel: 'warning',
});
