/**
 * Budgets for the code that a program loads: the public entry; the script that each worker loads before its first call,
 * with the code that rebuilds functions; and the scripts that are loaded when a function is looked up, and when one is
 * packed by value. The files are those that are published.
 */
const forNode = (config) => ({ ...config, platform: 'node', format: 'esm' });

export default [
  {
    name: 'public entry',
    path: 'dist/bundle/index.js',
    limit: '51 kB',
    gzip: true,
    modifyEsbuildConfig: forNode,
  },
  {
    name: 'cluster entry, with the public one',
    path: 'dist/bundle/cluster.js',
    limit: '90 kB',
    gzip: true,
    modifyEsbuildConfig: forNode,
  },
  {
    name: "what a host's worker runs",
    path: 'dist/host/call-entry.mjs',
    limit: '32 kB',
    gzip: true,
    modifyEsbuildConfig: forNode,
  },
  {
    name: 'thread entry',
    path: 'dist/thread/thread-entry.cjs',
    limit: '27 kB',
    gzip: true,
    modifyEsbuildConfig: forNode,
  },
  {
    name: 'process entry',
    path: 'dist/process/process-entry.cjs',
    limit: '27.5 kB',
    gzip: true,
    modifyEsbuildConfig: forNode,
  },
  {
    name: 'looking inside functions',
    path: 'dist/lookup/lookup.cjs',
    limit: '15 kB',
    gzip: true,
    modifyEsbuildConfig: forNode,
  },
  {
    name: 'packing functions',
    path: 'dist/closure/capture.cjs',
    limit: '16 kB',
    gzip: true,
    modifyEsbuildConfig: forNode,
  },
];
