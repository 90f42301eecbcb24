/** Modules by names that mean the same in another folder, on another machine. */
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { findModule, nameModule } from '#dist/cluster/module-name.js';
import { writeModules } from '../support/modules.js';

const urlOf = (...path: string[]): string => pathToFileURL(join(...path)).href;

/** A folder symlinked to another one. */
function link(folder: string, at: string, to: string): void {
  mkdirSync(dirname(join(folder, at)), { recursive: true });
  symlinkSync(join(folder, to), join(folder, at), 'junction');
}

const files = (...names: string[]): Record<string, string> =>
  Object.fromEntries(
    names.map((name) => [
      name,
      name.endsWith('package.json')
        ? JSON.stringify({ name: dirname(name).split('node_modules/').at(-1), version: '1.0.0' })
        : '',
    ]),
  );

function fails(run: () => unknown, code: string, says: RegExp): void {
  assert.throws(run, (error: Error & { code?: string }) => {
    assert.equal(error.name, 'PicklingError');
    assert.equal(error.code, code, error.message);
    assert.match(error.message, says);
    return true;
  });
}

const unnameable = (url: string, root: string, says: RegExp): void =>
  fails(() => nameModule(url, root), 'ERR_NOT_REACHABLE', says);
const missing = (name: string, root: string, says: RegExp): void =>
  fails(() => findModule(name, root), 'ERR_IMPORT', says);
const refused = (name: string, root: string, says: RegExp): void =>
  fails(() => findModule(name, root), 'ERR_NOT_ALLOWED', says);

interface Layout {
  readonly files: readonly string[];
  readonly links?: Readonly<Record<string, string>>;
  /** Default: all of it. */
  readonly root?: string;
  readonly module: string;
  readonly name: string;
  /** Where the name leads; default: the module. */
  readonly found?: string;
}

const layouts: Readonly<Record<string, Layout>> = {
  'a file of the program': { files: ['src/a.js'], module: 'src/a.js', name: 'root:src/a.js' },
  'a file right in the root': { files: ['a.js'], module: 'a.js', name: 'root:a.js' },
  'odd characters': {
    files: ['src/50% #1 why?.js'],
    module: 'src/50% #1 why?.js',
    name: 'root:src/50%25 %231 why%3F.js',
  },
  'what looks like an escape': {
    files: ['src/%3F%2e.js'],
    module: 'src/%3F%2e.js',
    name: 'root:src/%253F%252e.js',
  },
  'a folder called almost up': {
    files: ['..src/a...js'],
    module: '..src/a...js',
    name: 'root:..src/a...js',
  },
  'an installed package': {
    files: ['node_modules/a/lib/x.js'],
    module: 'node_modules/a/lib/x.js',
    name: 'package:a/lib/x.js',
  },
  'a package with a scope': {
    files: ['node_modules/@acme/a/x.js'],
    module: 'node_modules/@acme/a/x.js',
    name: 'package:@acme/a/x.js',
  },
  'a package within a package': {
    files: ['node_modules/a/node_modules/b/x.js', 'node_modules/b/x.js'],
    module: 'node_modules/a/node_modules/b/x.js',
    name: 'package:a/node_modules/b/x.js',
  },
  'a package of a part of the program': {
    files: ['apps/one/node_modules/b/x.js'],
    module: 'apps/one/node_modules/b/x.js',
    name: 'root:apps/one/node_modules/b/x.js',
  },
  'a package installed around the root': {
    files: ['node_modules/a/x.js', 'apps/one/a.js'],
    root: 'apps/one',
    module: 'node_modules/a/x.js',
    name: 'package:a/x.js',
  },
  'a root that is installed itself': {
    files: ['node_modules/app/a.js'],
    root: 'node_modules/app',
    module: 'node_modules/app/a.js',
    name: 'root:a.js',
  },
  'a neighbour of a root that is installed itself': {
    files: ['node_modules/app/a.js', 'node_modules/b/x.js'],
    root: 'node_modules/app',
    module: 'node_modules/b/x.js',
    name: 'package:b/x.js',
  },
  "pnpm's own folder": {
    files: ['node_modules/.pnpm/a@1.0.0/node_modules/a/x.js'],
    links: { 'node_modules/a': 'node_modules/.pnpm/a@1.0.0/node_modules/a' },
    module: 'node_modules/.pnpm/a@1.0.0/node_modules/a/x.js',
    name: 'package:a/x.js',
  },
  'what only another package of pnpm needs': {
    files: ['node_modules/.pnpm/b@1.0.0/node_modules/@acme/b/x.js'],
    links: {
      'node_modules/.pnpm/a@1.0.0/node_modules/@acme/b':
        'node_modules/.pnpm/b@1.0.0/node_modules/@acme/b',
    },
    module: 'node_modules/.pnpm/a@1.0.0/node_modules/@acme/b/x.js',
    name: 'package:.pnpm/b@1.0.0/node_modules/@acme/b/x.js',
    found: 'node_modules/.pnpm/b@1.0.0/node_modules/@acme/b/x.js',
  },
  'a workspace': {
    files: ['packages/b/x.js', 'packages/b/package.json'],
    links: { 'node_modules/@acme/b': 'packages/b' },
    module: 'node_modules/@acme/b/x.js',
    name: 'root:packages/b/x.js',
    found: 'packages/b/x.js',
  },
  'a symbolic link inside the root': {
    files: ['releases/2/a.js'],
    links: { current: 'releases/2' },
    module: 'current/a.js',
    name: 'root:releases/2/a.js',
    found: 'releases/2/a.js',
  },
  'a folder': { files: ['src/a.js'], module: 'src/', name: 'root:src/' },
  'the root': { files: ['a.js'], module: './', name: 'root:' },
  "a package's folder": {
    files: ['node_modules/a/x.js'],
    module: 'node_modules/a/',
    name: 'package:a/',
  },
};

function makeFiles(t: TestContext, { files: names, links = {} }: Layout): string {
  const folder = writeModules(t, files(...names));
  for (const [at, to] of Object.entries(links)) link(folder, at, to);
  return folder;
}

suite('names', () => {
  for (const [title, layout] of Object.entries(layouts)) {
    const { root = '', module, name, found = module } = layout;
    test(`${title}: ${name}, and back in another folder`, (t) => {
      const here = makeFiles(t, layout);
      assert.equal(nameModule(urlOf(here, module), join(here, root)), name);
      const there = makeFiles(t, layout);
      assert.equal(findModule(name, join(there, root)), urlOf(there, found));
    });
  }

  test('a workspace beside the root goes by the name of its package', (t) => {
    const make = (): string => {
      const folder = writeModules(t, {
        'apps/one/a.js': '',
        'packages/b/package.json': '{"name":"@acme/b"}',
        'packages/b/src/package.json': '{"type":"module"}',
        'packages/b/src/x.js': '',
      });
      link(folder, 'node_modules/@acme/b', 'packages/b');
      return folder;
    };
    const here = make();
    const name = nameModule(urlOf(here, 'packages/b/src/x.js'), join(here, 'apps/one'));
    assert.equal(name, 'package:@acme/b/src/x.js');
    const there = make();
    assert.equal(findModule(name, join(there, 'apps/one')), urlOf(there, 'packages/b/src/x.js'));
  });

  test('a root that is reached through a symbolic link is the same root', (t) => {
    const folder = writeModules(t, { 'real/a.js': '' });
    link(folder, 'linked', 'real');
    assert.equal(nameModule(urlOf(folder, 'real/a.js'), join(folder, 'linked')), 'root:a.js');
    assert.equal(nameModule(urlOf(folder, 'linked/a.js'), join(folder, 'real')), 'root:a.js');
    assert.equal(findModule('root:a.js', join(folder, 'linked')), urlOf(folder, 'real/a.js'));
  });

  test('what follows the path in a URL stays', (t) => {
    const folder = writeModules(t, { 'a.js': '' });
    const url = `${urlOf(folder, 'a.js')}?v=1%2e../#x`;
    assert.equal(nameModule(url, folder), 'root:a.js?v=1%2e../#x');
    assert.equal(findModule('root:a.js?v=1%2e../#x', folder), url);
  });

  test('a path is as good as a URL', (t) => {
    const folder = writeModules(t, { 'a#1.js': '' });
    assert.equal(nameModule(join(folder, 'a#1.js'), folder), 'root:a%231.js');
  });

  test("Node's own modules keep their names", () => {
    assert.equal(nameModule('node:fs/promises', '/'), 'node:fs/promises');
    assert.equal(findModule('node:fs/promises', '/'), 'node:fs/promises');
  });

  test('a file that is not there is named by where it would be', (t) => {
    const folder = writeModules(t, { 'src/a.js': '' });
    assert.equal(nameModule(urlOf(folder, 'src/[eval1]'), folder), 'root:src/[eval1]');
  });

  test('a package that can not be found from the root is named by its own name', (t) => {
    const folder = writeModules(t, { 'root/a.js': '', 'other/node_modules/@acme/b/x.js': '' });
    const url = urlOf(folder, 'other/node_modules/@acme/b/x.js');
    assert.equal(nameModule(url, join(folder, 'root')), 'package:@acme/b/x.js');
  });
});

suite('what other machines can not be told', () => {
  test('a file outside the root: which file, which root, and what to do', (t) => {
    const folder = writeModules(t, { 'root/a.js': '', 'rooted/b.js': '', 'c.js': '' });
    const root = join(folder, 'root');
    for (const file of ['rooted/b.js', 'c.js']) {
      const url = urlOf(folder, file);
      unnameable(url, root, new RegExp(`which module file:.*/${file} is`));
      unnameable(url, root, /root folder .*root nor .* Pass a root .*install it as a package/s);
    }
  });

  test('a symbolic link to a file outside the root', (t) => {
    const folder = writeModules(t, { 'root/a.js': '', 'other/b.js': '' });
    link(folder, 'root/other', 'other');
    unnameable(urlOf(folder, 'root/other/b.js'), join(folder, 'root'), /Pass a root/);
  });

  for (const url of [
    'data:text/javascript,export default 1',
    'blob:nodedata:1',
    'https://example.org/x.js',
    '',
  ]) {
    test(`'${url}'`, () => unnameable(url, '/', /is no file .* Put its code into a file/));
  }

  test('a long data: URL is not shown as a whole', () => {
    unnameable(`data:text/javascript,${'x'.repeat(1000)}`, '/', /which module .{0,70} is:/);
  });

  test('a URL that is no path', () => {
    unnameable('file:///a%2Fb.js', '/', /its URL is none of a file/);
  });

  if (process.platform !== 'win32') {
    test('a backslash in a path', (t) => {
      const folder = writeModules(t, { 'a\\b.js': '' });
      unnameable(urlOf(folder, 'a\\b.js'), folder, /contains a backslash/);
    });
  }
});

suite('what a host does not have', () => {
  test('says what it looked for, and where', (t) => {
    const folder = writeModules(t, { 'src/a.js': '', 'node_modules/a/x.js': '' });
    missing('root:src/b.js', folder, /no module root:src\/b\.js: there is no .*src.b\.js/);
    missing('package:a/y.js', folder, /there is no .*node_modules.a.y\.js/);
    missing('package:@acme/b/y.js', folder, /package @acme\/b is in no node_modules folder of /);
    missing('node:nothing', folder, /This host's Node .* has no module node:nothing/);
    missing('root:src', folder, /there is no .*src/);
    missing('root:src/a.js/', folder, /no folder/);
    missing('package:a/node_modules/c/x.js', folder, /there is no/);
    missing('root:src/a.js/b.js', folder, /there is no/);
    missing(`root:${'a'.repeat(1000)}.js`, folder, /there is no/);
  });

  test('a root that is gone', (t) => {
    const folder = writeModules(t, { 'root/a.js': '' });
    rmSync(join(folder, 'root'), { recursive: true });
    missing('root:a.js', join(folder, 'root'), /there is no/);
  });
});

suite('names that a host does not take', () => {
  const names = [
    'root:../a.js',
    'root:src/../../a.js',
    'root:src/..',
    'root:./a.js',
    'root:src//a.js',
    'root:/etc/passwd',
    'root:src\\..\\..\\a.js',
    'root:..\\a.js',
    'root:%2e%2e/a.js',
    'root:%2E%2E/a.js',
    'root:src%2fa.js',
    'root:src%5Ca.js',
    'root:%3f.js',
    'root:a.js\0.txt',
    'root:%00',
    'root:a.js?\0',
    'root:node_modules/a/x.js',
    'package:../a.js',
    'package:a/../../a.js',
    'package:/a.js',
    'package:a//x.js',
    'package:@acme',
    'package:@acme/',
    'package:@acme/../x.js',
    'package:',
    'package:node_modules/a/x.js',
    'package:a/%2e%2e/x.js',
    'file:///etc/passwd',
    'data:text/javascript,1',
    'https://example.org/x.js',
    'src/a.js',
    'ROOT:src/a.js',
    '/etc/passwd',
    `root:${'a/'.repeat(4000)}a.js`,
    '',
  ];
  for (const name of names) {
    test(JSON.stringify(name).slice(0, 60), (t) => {
      const folder = writeModules(t, { 'src/a.js': '', 'a.js': '', 'node_modules/a/x.js': '' });
      refused(name, folder, /This host loads no module by the name /);
    });
  }

  test('a symbolic link out of the root', (t) => {
    const folder = writeModules(t, { 'root/a.js': '', 'other/b.js': '' });
    link(folder, 'root/other', 'other');
    refused('root:other/b.js', join(folder, 'root'), /symbolic link leads out of the root folder/);
  });

  test('a symbolic link out of a package', (t) => {
    const folder = writeModules(t, { 'node_modules/a/x.js': '', 'secret/b.js': '' });
    link(folder, 'node_modules/a/lib', 'secret');
    refused('package:a/lib/b.js', folder, /symbolic link leads out of the package's folder/);
  });

  test('a symbolic link out of a package within a package', (t) => {
    const folder = writeModules(t, {
      'node_modules/a/node_modules/b/lib/x.js': '',
      'node_modules/a/node_modules/b/node_modules/c/x.js': '',
    });
    link(
      folder,
      'node_modules/a/node_modules/b/node_modules/c/lib',
      'node_modules/a/node_modules/b/lib',
    );
    refused('package:a/node_modules/b/node_modules/c/lib/x.js', folder, /out of the package's/);
  });

  test('a symbolic link out of the root to an installed package is fine', (t) => {
    const folder = writeModules(t, { 'root/a.js': '', 'node_modules/b/x.js': '' });
    link(folder, 'root/b', 'node_modules/b');
    assert.equal(
      findModule('root:b/x.js', join(folder, 'root')),
      urlOf(folder, 'node_modules/b/x.js'),
    );
  });

  test('a package that is not there any more leaves its link behind', (t) => {
    const folder = writeModules(t, { 'packages/b/x.js': '' });
    link(folder, 'node_modules/b', 'packages/b');
    assert.equal(
      fileURLToPath(findModule('package:b/x.js', folder)),
      join(folder, 'packages/b/x.js'),
    );
    renameSync(join(folder, 'packages/b'), join(folder, 'packages/c'));
    assert.throws(() => findModule('package:b/x.js', folder), { code: 'ERR_IMPORT' });
  });
});
