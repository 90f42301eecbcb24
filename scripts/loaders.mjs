/**
 * The ways in which programs are loaded into Node and that `npm run test:loaders` checks: the content of a folder for
 * each, from `loaders/projects/`, and the commands that run there.
 *
 * Known failures are listed here, with the beginning of their error.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const SOURCES = 'loaders/projects';
const TOOLS = resolve('loaders/node_modules');

function emptyFolder(folder, type) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }));
}

/** The unchanged sources, for tools that compile them at load time. */
function copied(type, { beside, tsconfig } = {}) {
  return (folder) => {
    emptyFolder(folder, type);
    for (const project of ['cases', ...(beside === undefined ? [] : [beside])])
      cpSync(join(SOURCES, project), folder, { recursive: true });
    rmSync(join(folder, 'tsconfig.json'));
    if (tsconfig !== undefined)
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
  };
}

function compiled(type, target, { beside } = {}) {
  return (folder) => {
    emptyFolder(folder, type);
    const isCommonjs = type === 'commonjs';
    const flags = {
      project: join(SOURCES, 'cases'),
      outDir: folder,
      target,
      module: isCommonjs ? 'commonjs' : 'es2022',
      moduleResolution: isCommonjs ? 'node10' : 'bundler',
      ...(target === 'es5' ? { downlevelIteration: 'true' } : {}),
    };
    const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
    const tsc = join(TOOLS, 'typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, ...words], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stdout);
    if (target === 'es5') {
      // TypeScript does not change the ending in its output for `import()` there.
      const file = join(folder, 'cases.js');
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll("'./lib.ts'", "'./lib.js'"));
    }
    if (beside !== undefined) cpSync(join(SOURCES, beside), folder, { recursive: true });
  };
}

function bundled(type, programs, options) {
  return async (folder) => {
    emptyFolder(folder, type);
    await build({
      entryPoints: programs.map((program) => join(SOURCES, `cases/${program}.ts`)),
      outdir: folder,
      bundle: true,
      platform: 'node',
      packages: 'external',
      logLevel: 'error',
      format: type === 'module' ? 'esm' : 'cjs',
      ...options,
    });
  };
}

const tsx = join(TOOLS, 'tsx/dist/cli.mjs');
const vitest = (pool) => [
  join(TOOLS, 'vitest/vitest.mjs'),
  'run',
  'cases',
  `--pool=${pool}`,
  '--reporter=verbose',
];
const jest = ['--experimental-vm-modules', join(TOOLS, 'jest/bin/jest.js'), '--runInBand'];
const forTsNode = (module) => ({
  'ts-node': { transpileOnly: true },
  compilerOptions: { module, target: 'es2022', esModuleInterop: true },
});

const importing = [
  'exported function',
  'exported arrow',
  'exported async function',
  'renamed export',
  'default export',
  'static method',
  'member',
  'two exports of one factory',
  'async function with template and spread',
  'class that extends an imported one',
  'instance of an imported class',
  'imports in a closure',
  'another thread',
  'import at the top level',
  'export of the entry script',
  'closure of the entry script',
  'instance of a class of the entry script',
];

/** TypeScript that a worker would have to import, and can't. */
const noTypeScript = { 'dynamic import': 'ERR_UNKNOWN_FILE_EXTENSION' };
const tsxInThreads = {
  ...Object.fromEntries(importing.map((name) => [name, 'ERR_IMPORT: The worker could not import'])),
  ...noTypeScript,
  'dynamic import of the entry script': 'ERR_UNKNOWN_FILE_EXTENSION',
};
/** `#fields` compiled to a WeakMap, so that their values can't be read. */
const noPrivateFields = { 'private fields inside a class': 'ERR_WEAK' };
const inBoth = (failures) => ({ threads: failures, processes: failures });

const both = ['main', 'esm'];
const script = (program) => [`${program}.js`];

/**
 * `nodes`: majors, or `own`, the one that runs this. `programs`: run as `run` specifies. `fails`: known failures by
 * major and kind of pool.
 */
export const ways = [
  {
    name: 'plain modules',
    nodes: ['own', '26'],
    make: compiled('module', 'es2022'),
    programs: both,
    run: script,
  },
  {
    name: 'type stripping',
    nodes: ['22', '24', '26'],
    make: copied('module'),
    programs: both,
    run: (program) => [`${program}.ts`],
  },
  {
    name: 'tsx, ES modules',
    nodes: ['own', '26'],
    make: copied('module'),
    programs: both,
    run: (program) => [tsx, `${program}.ts`],
    fails: (major) => (major === 20 ? { threads: tsxInThreads } : {}),
  },
  {
    name: 'tsx, ES modules, registered in threads',
    nodes: ['20'],
    make: copied('module', { beside: 'tsx' }),
    programs: ['registered'],
    run: (program) => ['--import', 'tsx', `${program}.ts`],
  },
  {
    name: 'tsx, CommonJS',
    nodes: ['own', '26'],
    make: copied('commonjs'),
    programs: ['main'],
    run: (program) => [tsx, `${program}.ts`],
    fails: (major) => (major === 20 ? { threads: noTypeScript } : {}),
  },
  {
    name: 'ts-node, ES modules',
    nodes: ['20'],
    make: copied('module', { tsconfig: forTsNode('esnext') }),
    programs: both,
    run: (program) => ['--no-warnings', '--loader', 'ts-node/esm', `${program}.ts`],
  },
  {
    name: 'ts-node, CommonJS',
    nodes: ['own'],
    make: copied('commonjs', { tsconfig: forTsNode('commonjs') }),
    programs: ['main'],
    run: (program) => ['-r', 'ts-node/register', `${program}.ts`],
  },
  ...['es5', 'es2017', 'es2022'].map((target) => ({
    name: `tsc, CommonJS, ${target}`,
    nodes: ['own', '26'],
    make: compiled('commonjs', target),
    programs: ['main'],
    run: script,
    fails: () => (target === 'es2022' ? {} : inBoth(noPrivateFields)),
  })),
  ...[
    { kind: 'ES module', type: 'module', options: {} },
    { kind: 'ES module, minified', type: 'module', options: { minify: true } },
    { kind: 'chunks, minified', type: 'module', options: { minify: true, splitting: true } },
    { kind: 'CommonJS', type: 'commonjs', options: {} },
    {
      kind: 'CommonJS, es2017, minified',
      type: 'commonjs',
      options: { minify: true, target: 'es2017' },
    },
  ].map(({ kind, type, options }) => ({
    name: `esbuild, ${kind}`,
    nodes: ['own', '26'],
    make: bundled(type, type === 'module' ? both : ['main'], options),
    programs: type === 'module' ? both : ['main'],
    run: script,
    fails: () => (options.target === 'es2017' ? inBoth(noPrivateFields) : {}),
  })),
  ...['threads', 'forks', 'vmThreads'].map((pool) => ({
    name: `vitest, ${pool}`,
    nodes: ['own', '26'],
    make: copied('module', { beside: 'vitest' }),
    programs: ['cases'],
    run: () => vitest(pool),
    // Vitest compiles for its own threads only; functions by value do not need that.
    fails: (major) => (major === 20 ? inBoth({ 'dynamic import': 'ERR_IMPORT' }) : {}),
  })),
  {
    name: 'vitest, mocks',
    nodes: ['own'],
    make: copied('module', { beside: 'vitest' }),
    programs: ['mocks'],
    run: () => [join(TOOLS, 'vitest/vitest.mjs'), 'run', 'mocks', '--no-color'],
    silent: true,
  },
  {
    name: 'jest, ES modules',
    nodes: ['own', '26'],
    make: compiled('module', 'es2022', { beside: 'jest-esm' }),
    programs: ['cases'],
    run: () => jest,
  },
  ...[[], ['--coverage']].map((flags) => ({
    name: ['jest, CommonJS', ...flags].join(', '),
    // Before Node 24.9, Jest's require() takes no package that is an ES module.
    nodes: ['26'],
    make: compiled('commonjs', 'es2022', { beside: 'jest' }),
    programs: ['cases'],
    run: () => [...jest, ...flags],
  })),
];
