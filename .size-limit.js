/**
 * What a program downloads and parses, held to a budget: the public entry, and what every thread
 * loads before it can run its first call. Bundled only to be measured; `dist` ships file by file.
 */
const forNode = (config) => ({ ...config, platform: 'node', format: 'esm' });

export default [
  {
    name: 'public entry',
    path: 'dist/bundle/index.js',
    limit: '25 kB',
    gzip: true,
    modifyEsbuildConfig: forNode,
  },
  {
    name: 'worker entry',
    path: 'dist/thread/thread-entry.cjs',
    limit: '12 kB',
    gzip: true,
    modifyEsbuildConfig: forNode,
  },
];
