/** What becomes of each mention of a module in a packed function. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { findModule, nameModule } from '#dist/cluster/module-name.js';
import { PicklingError } from '#dist/errors.js';
import { findModules, modulesOf, nameModules } from '#dist/cluster/packed-modules.js';
import type { Packed, PackedNode } from '#dist/protocol/packed.js';
import { writeModules } from '../support/modules.js';

const urlOf = (...path: string[]): string => pathToFileURL(join(...path)).href;

const table = (...nodes: PackedNode[]): Packed => ({ nodes, fn: { n: 0 } });
const closure = (file: string, imports: boolean): PackedNode => ({
  k: 'closure',
  name: 'f',
  values: [],
  code: {
    source: '() => 1',
    form: 'expression',
    strict: true,
    file,
    line: 0,
    column: 0,
    imports,
    names: [],
    assigned: [],
  },
});
const fileOf = ({ nodes: [node] }: Packed): string =>
  node?.k === 'closure' ? node.code.file : 'none';

const nameFile = (file: string, imports: boolean, root: string): string =>
  fileOf(nameModules(table(closure(file, imports)), (url) => nameModule(url, root)));
const imported = (specifier: string, from: string): Packed =>
  table({ k: 'import', from, specifier, name: 'x' });
const specifierOf = ({ nodes: [node] }: Packed): string =>
  node?.k === 'import' ? node.specifier : 'none';
const reference = (module: string): PackedNode => ({
  k: 'reference',
  at: { module, path: ['x'] },
});

suite('files of closures', () => {
  test('outside the root only their base names travel', (t) => {
    const folder = writeModules(t, { 'root/a.js': '', 'b.js': '' });
    const root = join(folder, 'root');
    assert.equal(nameFile(`${urlOf(folder, 'b.js')}?v=1/2`, false, root), 'b.js');
    assert.equal(nameFile(join(folder, 'b.js'), false, root), 'b.js');
    assert.equal(nameFile('evalmachine.<anonymous>', false, root), 'evalmachine.<anonymous>');
    assert.equal(nameFile('data:text/javascript,secret', true, root), '');
    assert.equal(nameFile('', true, root), '');
  });

  test('outside the root those can not go that import from where they are', (t) => {
    const folder = writeModules(t, { 'root/a.js': '', 'b.js': '' });
    assert.throws(() => nameFile(urlOf(folder, 'b.js'), true, join(folder, 'root')), {
      code: 'ERR_NOT_REACHABLE',
    });
  });

  test('that can not be found there are called by their names', (t) => {
    const folder = writeModules(t, {});
    const find = (file: string, imports: boolean): string =>
      fileOf(findModules(table(closure(file, imports)), (each) => findModule(each, folder)));
    assert.equal(find('root:gone/a.js', false), 'root:gone/a.js');
    assert.throws(() => find('root:gone/a.js', true), { code: 'ERR_IMPORT' });
    assert.throws(() => find('root:../a.js', true), { code: 'ERR_NOT_ALLOWED' });
    assert.equal(
      find('root:[eval1]', true),
      urlOf(folder, '[eval1]').replaceAll('%5B', '[').replaceAll('%5D', ']'),
    );
  });
});

suite('specifiers', () => {
  test('that are absolute are named, others stay', (t) => {
    const folder = writeModules(t, { 'a.js': '', 'b.js': '' });
    const from = urlOf(folder, 'a.js');
    for (const [given, expected] of [
      [urlOf(folder, 'b.js'), 'root:b.js'],
      [join(folder, 'b.js'), 'root:b.js'],
      ['./b.js', './b.js'],
      ['tool/x', 'tool/x'],
      ['#own', '#own'],
      ['node:fs', 'node:fs'],
    ] as const) {
      const named = nameModules(imported(given, from), (url) => nameModule(url, folder));
      assert.equal(specifierOf(named), expected);
      const found = specifierOf(findModules(named, (each) => findModule(each, folder)));
      assert.equal(found, expected === 'root:b.js' ? urlOf(folder, 'b.js') : expected);
    }
  });

  test('of another machine are refused', (t) => {
    const folder = writeModules(t, { 'a.js': '' });
    for (const specifier of [
      'file:///etc/x.js',
      ' FILE:///etc/x.js',
      '/etc/x.js',
      'root:../x.js',
    ]) {
      assert.throws(
        () => findModules(imported(specifier, 'root:a.js'), (each) => findModule(each, folder)),
        { code: 'ERR_NOT_ALLOWED' },
        specifier,
      );
    }
  });

  test('are told as what they mean to the module that has them', (t) => {
    const folder = writeModules(t, {
      'package.json': '{ "imports": { "#own": "./src/own.js" } }',
      'src/a.js': '',
      'src/b.ts': '',
      'src/own.js': '',
      'src/node_modules/tool/package.json': '{}',
    });
    const told = (specifier: string): string[] =>
      modulesOf(imported(specifier, urlOf(folder, 'src/a.js')), folder).map((url) =>
        nameModule(url, folder),
      );
    assert.deepEqual(told('./b.js'), ['root:src/b.ts']);
    assert.deepEqual(told('#own'), ['root:src/own.js']);
    assert.deepEqual(told('tool'), ['root:src/node_modules/tool/package.json']);
    assert.deepEqual(told('fs'), ['node:fs']);
    assert.deepEqual(told('@/only/loaders/know'), ['root:src/a.js']);
  });

  test('of what is no file are told if they are of Node', (t) => {
    const folder = writeModules(t, { 'b.js': '' });
    const from = 'data:text/javascript,1';
    assert.deepEqual(modulesOf(imported('fs', from), folder), ['node:fs']);
    assert.deepEqual(modulesOf(imported('./b.js', from), folder), [from]);
  });
});

suite('what else has a module', () => {
  test('is found where its folder is, be the module there or not', (t) => {
    const folder = writeModules(t, { 'src/a.js': '' });
    for (const k of ['meta', 'require', 'importer'] as const) {
      for (const file of ['src/a.js', 'src/b.js']) {
        const named = nameModules(table({ k, url: urlOf(folder, file) }), (url) =>
          nameModule(url, folder),
        );
        assert.deepEqual(named.nodes, [{ k, url: `root:${file}` }]);
        const found = findModules(named, (name) => findModule(name, folder));
        assert.deepEqual(found.nodes, [{ k, url: urlOf(folder, file) }]);
      }
    }
    assert.throws(
      () =>
        findModules(table({ k: 'meta', url: 'root:gone/a.js' }), (name) =>
          findModule(name, folder),
        ),
      { code: 'ERR_IMPORT' },
    );
  });

  test('is not looked for in its folder if it was refused', (t) => {
    const folder = writeModules(t, { 'src/a.js': '' });
    const refusing = (name: string): string => {
      if (name.endsWith('/')) return findModule(name, folder);
      throw new PicklingError('No.', { code: 'ERR_NOT_ALLOWED' });
    };
    assert.throws(() => findModules(table({ k: 'meta', url: 'root:src/a.js' }), refusing), {
      code: 'ERR_NOT_ALLOWED',
    });
  });

  test('keeps what follows the path in its URL', (t) => {
    const folder = writeModules(t, {});
    const found = findModules(table({ k: 'meta', url: 'root:a%23 b.js?v=1/2#x' }), (name) =>
      findModule(name, folder),
    );
    assert.deepEqual(found.nodes, [{ k: 'meta', url: `${urlOf(folder)}/a%23%20b.js?v=1/2#x` }]);
  });

  test('may be none', () => {
    const none = table({ k: 'meta', url: '' });
    assert.deepEqual(findModules(nameModules(none, assert.fail), assert.fail), none);
  });

  test('is loaded if it is referred to or imports for others, and told once', (t) => {
    const folder = writeModules(t, { 'a.js': '', 'b.js': '' });
    const [a, b] = [urlOf(folder, 'a.js'), urlOf(folder, 'b.js')];
    const all = table(
      reference(a),
      reference(a),
      { k: 'module', url: 'node:fs' },
      { k: 'importer', url: b },
      { k: 'meta', url: urlOf(folder, 'c.js') },
      { k: 'require', url: urlOf(folder, 'd.js') },
    );
    assert.deepEqual(modulesOf(all, folder), [a, 'node:fs', b]);
  });
});
