/** Hashes that are the same where the code is the same, and only there. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ModuleHasher } from '#dist/cluster/module-hash.js';
import { writeModules } from '../support/modules.js';

type Files = Readonly<Record<string, string>>;

const urlOf = (...path: string[]): string => pathToFileURL(join(...path)).href;

/** Of the module as it is in a folder of its own. */
function hash(t: TestContext, files: Files, module: string, links: Files = {}): string {
  const folder = writeModules(t, files);
  for (const [at, to] of Object.entries(links)) {
    mkdirSync(dirname(join(folder, at)), { recursive: true });
    symlinkSync(join(folder, to), join(folder, at), 'junction');
  }
  return new ModuleHasher(folder).hashOf(urlOf(folder, module));
}

const program: Files = {
  'src/a.js': "import { b } from './b.js'; import './side.js'; export * from '../lib/again.js';",
  'src/b.js': "import data from './data.json' with { type: 'json' }; import { a } from './a.js';",
  'src/side.js': "const c = require('./c'); await import('./later.mjs'); import 'tool/x';",
  'src/data.json': '{ "one": 1 }',
  'src/c.cjs': "require('./folder'); require('node:fs')",
  'src/folder/index.js': "export { default } from './inner.ts'",
  'src/folder/inner.ts': 'export default 1 as number',
  'src/later.mjs': '',
  'lib/again.js': "import '#own'",
  'lib/own.js': 'own',
  'package.json': '{ "name": "program", "imports": { "#own": "./lib/own.js" } }',
  'node_modules/tool/package.json': '{ "name": "tool", "version": "1.2.3" }',
  'node_modules/tool/x.js': "import './y.js'; import 'other'",
  'node_modules/tool/y.js': '',
  'node_modules/tool/dist/package.json': '{ "type": "module" }',
  'node_modules/tool/dist/z.js': '',
  'node_modules/other/package.json': '{ "name": "other", "version": "4.5.6" }',
  'unrelated.js': '',
};

suite('the same', () => {
  test('in another folder', (t) => {
    for (const module of ['src/a.js', 'src/data.json', 'node_modules/tool/x.js']) {
      const found = hash(t, program, module);
      assert.equal(hash(t, program, module), found);
      assert.match(found, /^[\w-]{22}$/);
    }
  });

  test('whichever was hashed before', (t) => {
    const folder = writeModules(t, program);
    const hashes = (modules: string[]): Map<string, string> => {
      const hasher = new ModuleHasher(folder);
      return new Map(modules.map((each) => [each, hasher.hashOf(urlOf(folder, each))]));
    };
    const modules = ['src/a.js', 'src/b.js', 'src/side.js', 'src/c.cjs'];
    const found = hashes(modules);
    assert.deepEqual(new Map([...hashes(modules.toReversed())].toReversed()), found);
    assert.equal(new Set(found.values()).size, modules.length, 'each module has its own');
  });

  test('for a folder, a module of Node, and what is not there', (t) => {
    const folder = writeModules(t, program);
    const hasher = new ModuleHasher(folder);
    const other = new ModuleHasher(writeModules(t, {}));
    assert.equal(hasher.hashOf('node:fs'), other.hashOf('node:fs'));
    assert.notEqual(hasher.hashOf('node:fs'), hasher.hashOf('node:os'));
    assert.equal(hasher.hashOf(urlOf(folder, 'no.js')), hasher.hashOf(urlOf(folder, 'nothing.js')));
    assert.equal(hasher.hashOf(`${urlOf(folder, 'src')}/`), hasher.hashOf(urlOf(folder, 'no.js')));
    assert.notEqual(hasher.hashOf(urlOf(folder, 'lib/own.js')), hasher.hashOf(urlOf(folder, 'no')));
  });

  test('whatever a published package consists of, or an unrelated file', (t) => {
    const found = hash(t, program, 'src/a.js');
    for (const file of ['node_modules/tool/x.js', 'node_modules/tool/y.js', 'unrelated.js'])
      assert.equal(hash(t, { ...program, [file]: 'changed' }, 'src/a.js'), found, file);
  });

  test('whatever follows the path in the URL', (t) => {
    const folder = writeModules(t, program);
    const hasher = new ModuleHasher(folder);
    const url = urlOf(folder, 'src/a.js');
    assert.equal(hasher.hashOf(`${url}?v=1`), hasher.hashOf(url));
  });

  test('for types that are imported', (t) => {
    const text = "import type { A } from './types.js'; export type { B } from 'types';";
    const found = hash(t, { 'a.ts': text }, 'a.ts');
    const types = { 'types.ts': '', 'node_modules/types/package.json': '{"version":"1.0.0"}' };
    assert.equal(hash(t, { 'a.ts': text, ...types }, 'a.ts'), found);
  });
});

suite('another', () => {
  const changes: readonly (readonly [string, Files])[] = [
    ['its own bytes', { 'src/a.js': `${program['src/a.js']} ` }],
    ['the ends of its lines', { 'src/a.js': `${program['src/a.js']}\r\n` }],
    ['what it imports', { 'src/b.js': `${program['src/b.js']} ` }],
    ['what it imports for its effects', { 'src/side.js': `${program['src/side.js']} ` }],
    ['what it exports from elsewhere', { 'lib/again.js': `${program['lib/again.js']} ` }],
    ['JSON', { 'src/data.json': '{ "one": 2 }' }],
    ['what is imported later', { 'src/later.mjs': ' ' }],
    ['what is required, without its ending', { 'src/c.cjs': ' ' }],
    ['the index of a folder', { 'src/folder/index.js': ' ' }],
    ['TypeScript', { 'src/folder/inner.ts': 'export default 2 as number' }],
    ["what the package's own imports say", { 'lib/own.js': 'changed' }],
    [
      'the version of a package',
      { 'node_modules/tool/package.json': '{ "name": "tool", "version": "1.2.4" }' },
    ],
    ['a package closer by', { 'src/node_modules/tool/package.json': '{ "version": "9.0.0" }' }],
    ['a file closer by', { 'src/c.js': '' }],
  ];
  for (const [what, changed] of changes) {
    test(`with ${what}`, (t) => {
      const before = hash(t, program, 'src/a.js');
      assert.notEqual(hash(t, { ...program, ...changed }, 'src/a.js'), before);
    });
  }

  test('without a file that it imports', (t) => {
    const { 'src/later.mjs': _, ...rest } = program;
    assert.notEqual(hash(t, rest, 'src/a.js'), hash(t, program, 'src/a.js'));
  });

  test('if two files change their places', (t) => {
    const files = { 'a.js': "import './b.js'; import './c.js'", 'b.js': '1', 'c.js': '2' };
    const swapped = { ...files, 'b.js': '2', 'c.js': '1' };
    assert.notEqual(hash(t, swapped, 'a.js'), hash(t, files, 'a.js'));
  });

  test('if a file loads another of those that are loaded', (t) => {
    const files = {
      'a.js': "import './b/b.js'; import './c/e.js'; import './d/e.js';",
      'b/b.js': "import './sub/e.js'",
      'c/e.js': '1',
      'd/e.js': '2',
    };
    const one = hash(t, files, 'a.js', { 'b/sub': 'c' });
    assert.notEqual(hash(t, files, 'a.js', { 'b/sub': 'd' }), one);
  });

  test('if two files are one', (t) => {
    const files = { 'a.js': "import './x/b.js'; import './y/b.js'", 'x/b.js': '' };
    const two = hash(t, { ...files, 'y/b.js': '' }, 'a.js');
    assert.notEqual(hash(t, files, 'a.js', { y: 'x' }), two);
  });

  test('of a file in a package: with its version, its bytes, its imports and their versions', (t) => {
    const module = 'node_modules/tool/x.js';
    const before = hash(t, program, module);
    for (const [file, text] of [
      ['node_modules/tool/package.json', '{ "name": "tool", "version": "1.2.4" }'],
      [module, `${program[module]} `],
      ['node_modules/tool/y.js', ' '],
      ['node_modules/other/package.json', '{ "name": "other", "version": "4.5.7" }'],
    ])
      assert.notEqual(hash(t, { ...program, [String(file)]: String(text) }, module), before, file);
  });

  test("of a file in a package whose folder has a package.json of its own: with the package's version", (t) => {
    const module = 'node_modules/tool/dist/z.js';
    const next = { 'node_modules/tool/package.json': '{ "name": "tool", "version": "1.2.4" }' };
    assert.notEqual(hash(t, { ...program, ...next }, module), hash(t, program, module));
  });
});

suite('TypeScript', () => {
  test('what is named as it will be compiled is the source', (t) => {
    for (const [from, written, file] of [
      ['a.ts', './b.js', 'b.ts'],
      ['a.ts', './b.js', 'b.tsx'],
      ['a.ts', './b.jsx', 'b.tsx'],
      ['a.mts', './b.mjs', 'b.mts'],
      ['a.cts', './b.cjs', 'b.cts'],
      ['a.tsx', './b', 'b.ts'],
      ['a.ts', './b.ts', 'b.ts'],
      ['a.js', './b.js', 'b.ts'],
      ['a.ts', './b', 'b/index.ts'],
    ] as const) {
      const text = { [from]: `import '${written}'` };
      const before = hash(t, { ...text, [file]: '1' }, from);
      assert.notEqual(
        hash(t, { ...text, [file]: '2' }, from),
        before,
        `${from} ${written} ${file}`,
      );
    }
  });

  test('beside what was compiled, TypeScript means the source, and JavaScript does not', (t) => {
    const of = (from: string, source: string): string =>
      hash(t, { [from]: "import './b.js'", 'b.js': '', 'b.ts': source }, from);
    assert.notEqual(of('a.ts', '1'), of('a.ts', '2'));
    assert.equal(of('a.js', '1'), of('a.js', '2'));
  });
});

const workspace = (manifest: object, files: Files): Files => ({
  'a.js': "import '@acme/b'; import '@acme/b/sub/x';",
  'packages/b/package.json': JSON.stringify({ name: '@acme/b', version: '0.0.0', ...manifest }),
  ...files,
});

suite('packages that are developed beside the program', () => {
  const links = { 'node_modules/@acme/b': 'packages/b' };

  const kinds: readonly (readonly [string, object, string])[] = [
    ['their main file', { main: 'lib/main.js' }, 'packages/b/lib/main.js'],
    ['their main file, without its ending', { main: './lib/main' }, 'packages/b/lib/main.js'],
    ['their index', {}, 'packages/b/index.js'],
    ['a file by its path', {}, 'packages/b/sub/x.js'],
    ['their only export', { exports: './main.js' }, 'packages/b/main.js'],
    [
      'an export under a condition',
      { exports: { types: './main.d.ts', import: './main.js' } },
      'packages/b/main.js',
    ],
    [
      'an export under any of several conditions',
      { exports: { '.': { import: './main.js', require: ['./main.cjs'] } } },
      'packages/b/main.cjs',
    ],
    [
      'an export by a pattern',
      { exports: { './*': './wrong/*.js', './sub/*': './lib/*.js', './sub/x*x': './wrong.js' } },
      'packages/b/lib/x.js',
    ],
  ];
  for (const [what, manifest, file] of kinds) {
    test(`are followed into ${what}`, (t) => {
      const of = (text: string): string =>
        hash(t, workspace(manifest, { [file]: text }), 'a.js', links);
      assert.notEqual(of('1'), of('2'));
    });
  }

  test('have types that do not matter', (t) => {
    const exports = { types: './main.d.ts', default: './main.js' };
    const of = (types: string): string =>
      hash(
        t,
        workspace({ exports }, { 'packages/b/main.d.ts': types, 'packages/b/main.js': '' }),
        'a.js',
        links,
      );
    assert.equal(of('1'), of('2'));
  });

  test('do not lead out of themselves', (t) => {
    const of = (text: string): string =>
      hash(t, workspace({ exports: './../../secret.js' }, { 'secret.js': text }), 'a.js', links);
    assert.equal(of('1'), of('2'));
  });

  test('may import themselves by name', (t) => {
    const of = (text: string): string =>
      hash(
        t,
        {
          'package.json': '{ "name": "me", "exports": { "./x": "./src/x.js" } }',
          'src/a.js': "import 'me/x'",
          'src/x.js': text,
        },
        'src/a.js',
      );
    assert.notEqual(of('1'), of('2'));
  });
});

suite('time', () => {
  test('a hash stays what it was at first, until a fresh one is asked for', (t) => {
    const folder = writeModules(t, program);
    const hasher = new ModuleHasher(folder);
    const url = urlOf(folder, 'src/a.js');
    const before = hasher.hashOf(url);
    assert.equal(hasher.fresh(url), before);
    writeFileSync(join(folder, 'src/data.json'), '{ "one": 11 }');
    assert.equal(hasher.hashOf(url), before);
    const after = hasher.fresh(url);
    assert.notEqual(after, before);
    assert.equal(hasher.hashOf(url), after);
    writeFileSync(join(folder, 'src/data.json'), '{ "one": 1 }');
    assert.equal(hasher.fresh(url), before);
  });

  test('a file is read again if its time or its size has changed, and only then', (t) => {
    const folder = writeModules(t, { 'a.js': "import './b.js'", 'b.js': '1' });
    const hasher = new ModuleHasher(folder);
    const url = urlOf(folder, 'a.js');
    const time = new Date(2020, 1, 1);
    utimesSync(join(folder, 'b.js'), time, time);
    const before = hasher.hashOf(url);
    writeFileSync(join(folder, 'b.js'), '2');
    utimesSync(join(folder, 'b.js'), time, time);
    assert.equal(hasher.fresh(url), before);
    writeFileSync(join(folder, 'b.js'), '22');
    utimesSync(join(folder, 'b.js'), time, time);
    const longer = hasher.fresh(url);
    assert.notEqual(longer, before);
    writeFileSync(join(folder, 'b.js'), '33');
    utimesSync(join(folder, 'b.js'), time, new Date(2020, 1, 2));
    assert.notEqual(hasher.fresh(url), longer);
  });

  test('a package of another version is noticed', (t) => {
    const folder = writeModules(t, program);
    const hasher = new ModuleHasher(folder);
    const url = urlOf(folder, 'src/a.js');
    const manifest = join(folder, 'node_modules/tool/package.json');
    const versionAt = (version: string, day: number): string => {
      writeFileSync(manifest, `{ "name": "tool", "version": "${version}" }`);
      utimesSync(manifest, new Date(), new Date(2020, 1, day));
      return hasher.fresh(url);
    };
    const hashes = [versionAt('1.2.3', 1), versionAt('1.2.30', 1), versionAt('1.2.40', 2)];
    assert.equal(new Set(hashes).size, hashes.length);
  });

  test('files that come and go are noticed', (t) => {
    const folder = writeModules(t, { 'a.js': "import './b.js'" });
    const hasher = new ModuleHasher(folder);
    const url = urlOf(folder, 'a.js');
    const without = hasher.hashOf(url);
    writeFileSync(join(folder, 'b.js'), '');
    assert.notEqual(hasher.fresh(url), without);
    unlinkSync(join(folder, 'b.js'));
    assert.equal(hasher.fresh(url), without);
    rmSync(join(folder, 'a.js'));
    assert.notEqual(hasher.fresh(url), without);
  });
});
