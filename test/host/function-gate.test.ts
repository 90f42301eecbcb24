/** The way from a name that anybody may have written to the one function that it may mean. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { RemoteFunction } from '#dist/cluster/call-format.js';
import { ModuleHasher } from '#dist/cluster/module-hash.js';
import { CodeVersions } from '#dist/host/code-versions.js';
import { FunctionGate } from '#dist/host/function-gate.js';
import { writeModules } from '../support/modules.js';

const JOBS = `
  import * as fs from 'node:fs';
  import { execSync } from 'node:child_process';
  export const double = (n) => 2 * n;
  export async function later() { return 1; }
  export class Base { static make() { return this.name; } run() { return 'ran'; } }
  export class Parser extends Base { static parse(text) { return [this.name, text]; } }
  export const tools = { add(a, b) { return this.base + a + b; }, base: 100, inner: { fs } };
  export const service = new Parser();
  export default double;
  export { fs };
`;

interface Gate {
  readonly gate: FunctionGate;
  readonly root: string;
  /** Looks up a function of a module, with the hash that it has. */
  readonly find: (module: string, ...path: string[]) => Promise<(...args: unknown[]) => unknown>;
}

function makeGate(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  { allow = [], allowCode = false }: { allow?: readonly string[]; allowCode?: boolean } = {},
): Gate {
  const folder = writeModules(t, { 'app/package.json': '{"type":"module"}', ...files });
  const root = join(folder, 'app');
  const gate = new FunctionGate(
    { root, allow, allowCode, importTimeout: 10_000 },
    new CodeVersions(root),
  );
  const hasher = new ModuleHasher(root);
  return {
    gate,
    root,
    async find(module, ...path) {
      const file = module.replace(/^root:/, '').replace(/[?#].*$/s, '');
      const hash = module.startsWith('root:')
        ? { hash: hasher.hashOf(pathToFileURL(join(root, file)).href) }
        : {};
      return await gate.find({ module, path, ...hash }, 'task');
    },
  };
}

const notAllowed = { code: 'ERR_NOT_ALLOWED' };
const notThere = { code: 'ERR_IMPORT' };

suite('an export', () => {
  test('is found in time that goes with the length of its path, round in circles as well', async (t) => {
    const code = 'export const a = { run: () => 1 }; a.a = a;';
    const { gate, root } = makeGate(t, { 'app/round.js': code });
    const hash = new ModuleHasher(root).hashOf(pathToFileURL(join(root, 'round.js')).href);
    const path = [...Array.from({ length: 200_000 }, () => 'a'), 'run'];
    const run = await gate.find({ module: 'root:round.js', path, hash }, 'task');
    assert.equal(run(), 1);
  });

  test('is found by its name, once', async (t) => {
    const { find, gate } = makeGate(t, { 'app/jobs.js': JOBS });
    const double = await find('root:jobs.js', 'double');
    assert.equal(double(4), 8);
    assert.equal(await find('root:jobs.js', 'default'), double);
    assert.equal(gate.known({ module: 'root:jobs.js', path: ['double'] }), undefined);
  });

  test('may be a static method, also one of the class above, or a method of an object', async (t) => {
    const { find } = makeGate(t, { 'app/jobs.js': JOBS });
    assert.deepEqual((await find('root:jobs.js', 'Parser', 'parse'))('a'), ['Parser', 'a']);
    assert.equal((await find('root:jobs.js', 'Parser', 'make'))(), 'Parser');
    assert.equal((await find('root:jobs.js', 'tools', 'add'))(1, 2), 103);
  });

  const ways: readonly (readonly string[])[] = [
    ['double', 'constructor'],
    ['later', 'constructor'],
    ['later', '__proto__', 'constructor'],
    ['double', 'call'],
    ['double', 'bind'],
    ['Parser', 'prototype', 'run'],
    ['Parser', 'prototype', 'constructor', 'constructor'],
    ['service', 'run'],
    ['service', 'constructor'],
    ['service', 'toString'],
    ['tools', 'hasOwnProperty'],
    ['tools', '__proto__', 'constructor'],
    ['constructor'],
    ['then'],
    ['missing'],
    ['double', 'name'],
  ];
  for (const path of ways) {
    test(`is not what the language gives to it: ${path.join('.')}`, async (t) => {
      const { find } = makeGate(t, { 'app/jobs.js': JOBS });
      await assert.rejects(find('root:jobs.js', ...path), notThere);
    });
  }

  test("is not what a module of Node's own has that it passes on", async (t) => {
    const { find } = makeGate(t, { 'app/jobs.js': JOBS });
    await assert.rejects(find('root:jobs.js', 'tools', 'inner', 'fs', 'rmSync'), notAllowed);
    await assert.rejects(find('root:jobs.js', 'fs', 'rmSync'), notAllowed);
    const { find: here } = makeGate(t, {
      'app/jobs.js': "import fs from 'node:fs'; export { fs };",
    });
    await assert.rejects(here('root:jobs.js', 'fs', 'rmSync'), notAllowed);
  });
});

suite('what a module has in its hands and has not made', () => {
  const HOLDER = `
    import { EventEmitter } from 'node:events';
    import * as path from 'node:path';
    export const world = globalThis;
    export const held = { Object, Reflect, process, inner: { json: JSON } };
    export class Bus extends EventEmitter { static own() { return 'own'; } }
    export class Things extends Object {}
    export { path };
  `;
  for (const way of [
    ['world', 'eval'],
    ['world', 'Function'],
    ['world', 'process', 'exit'],
    ['held', 'Object', 'assign'],
    ['held', 'Reflect', 'apply'],
    ['held', 'process', 'exit'],
    ['held', 'inner', 'json', 'parse'],
    ['Bus', 'once'],
    ['Things', 'defineProperty'],
    ['path', 'join'],
    ['path', 'posix', 'join'],
  ]) {
    test(`is not called by its name: ${way.join('.')}`, async (t) => {
      const { find } = makeGate(t, { 'app/jobs.js': HOLDER });
      await assert.rejects(find('root:jobs.js', ...way), notAllowed);
      assert.equal((await find('root:jobs.js', 'Bus', 'own'))(), 'own');
    });
  }

  for (const [what, text, key] of [
    ['the global object', 'module.exports = globalThis;', 'eval'],
    ['a class of the language', 'module.exports = Object;', 'assign'],
    ["a module of Node's own", "module.exports = require('node:fs');", 'rmSync'],
  ] as const) {
    test(`is not called as a member of module.exports: ${what}`, async (t) => {
      const { gate, root } = makeGate(t, { 'app/jobs.cjs': text });
      const hash = new ModuleHasher(root).hashOf(pathToFileURL(join(root, 'jobs.cjs')).href);
      for (const more of [{}, { commonjs: true }] as const) {
        const name = { module: 'root:jobs.cjs', path: [key], hash, ...more };
        await assert.rejects(gate.find(name, 'task'), notAllowed);
      }
    });
  }
});

suite('a module', () => {
  for (const name of [
    '\t../../secret.mjs',
    'root:../secret.mjs',
    'root:a/../../secret.mjs',
    'root:/etc/passwd',
    'root:%2e%2e/secret.mjs',
    'root:..\\secret.mjs',
    'file:///etc/passwd',
    'data:text/javascript,export default 1',
    'blob:nodedata:1',
    'http://localhost/x.mjs',
    'package:../secret.mjs',
    'NODE:fs',
    'fs',
    '',
  ]) {
    test(`is none by the name ${JSON.stringify(name)}`, async (t) => {
      const { gate } = makeGate(t, { 'app/jobs.js': JOBS, 'secret.mjs': 'export default 1;' });
      const found = gate.find({ module: name, path: ['default'], hash: 'x' }, 'task');
      await assert.rejects(found, notAllowed);
    });
  }

  test('is what its file is called, whatever link has led there', async (t) => {
    const files = { 'app/jobs/a.js': JOBS, 'app/private/b.js': JOBS, 'secret.mjs': JOBS };
    const { find, root } = makeGate(t, files, { allow: ['jobs/**'] });
    symlinkSync(join(root, 'private/b.js'), join(root, 'jobs/link.js'));
    symlinkSync(join(root, 'private'), join(root, 'jobs/folder'));
    symlinkSync(join(root, '../secret.mjs'), join(root, 'jobs/out.js'));
    symlinkSync(join(root, 'jobs/a.js'), join(root, 'alias.js'));
    assert.equal((await find('root:jobs/a.js', 'double'))(1), 2);
    assert.equal((await find('root:alias.js', 'double'))(1), 2);
    for (const name of ['root:jobs/link.js', 'root:jobs/folder/b.js', 'root:jobs/out.js'])
      await assert.rejects(find(name, 'double'), notAllowed);
  });

  test('is loaded once, whatever is behind its path', async (t) => {
    const { find } = makeGate(t, {
      'app/jobs.js': 'globalThis.loads = (globalThis.loads ?? 0) + 1; export const f = () => 1;',
    });
    for (const suffix of ['', '?a', '?b', '#c']) await find(`root:jobs.js${suffix}`, 'f');
    assert.equal(Reflect.get(globalThis, 'loads'), 1);
  });

  test('is a file that Node runs by itself', async (t) => {
    const text = 'module.exports = { f: () => 1 };';
    const { gate, root } = makeGate(t, { 'app/upload.txt': text, 'app/upload': text });
    for (const file of ['upload.txt', 'upload']) {
      const hash = new ModuleHasher(root).hashOf(pathToFileURL(join(root, file)).href);
      const name = { module: `root:${file}`, path: ['f'], commonjs: true, hash } as const;
      await assert.rejects(gate.find(name, 'task'), notAllowed);
    }
  });

  test('of a folder is none', async (t) => {
    const { gate, root } = makeGate(t, {});
    mkdirSync(join(root, 'x.js'));
    const found = gate.find({ module: 'root:x.js/', path: ['f'], hash: 'x' }, 'task');
    await assert.rejects(found, notAllowed);
  });

  test('comes with a word on its version, and is of that', async (t) => {
    const { gate } = makeGate(t, { 'app/jobs.js': JOBS });
    for (const name of [
      { module: 'root:jobs.js', path: ['double'] },
      { module: 'root:jobs.js', path: ['double'], hash: 'other' },
    ])
      await assert.rejects(gate.find(name, 'task'), { code: 'ERR_CODE_MISMATCH' });
  });

  test("of Node's own needs a pattern", async (t) => {
    const { find } = makeGate(t, {});
    await assert.rejects(find('node:path', 'join'), /with --allow node:path only/);
    const { find: allowed } = makeGate(t, {}, { allow: ['node:path'] });
    assert.equal((await allowed('node:path', 'posix', 'join'))('a', 'b'), 'a/b');
    await assert.rejects(allowed('node:fs', 'rmSync'), notAllowed);
    const { find: any } = makeGate(t, {}, { allowCode: true });
    assert.equal((await any('node:path', 'basename'))('a/b'), 'b');
  });
});

const global = (name: string): RemoteFunction => ({ global: name.split('.') });

suite('a function of the language', () => {
  test('that only computes is run by every host', async (t) => {
    const { gate } = makeGate(t, {}, { allow: ['jobs/**'] });
    for (const name of ['Math.max', 'JSON.parse', 'parseInt', 'Number', 'Date.now'])
      assert.equal(typeof (await gate.find(global(name), 'task')), 'function');
    const { max } = Math;
    t.after(() => Object.assign(Math, { max }));
    Object.assign(Math, { max: () => 'replaced' });
    assert.equal((await gate.find(global('Math.max'), 'task'))(1, 2), 2);
  });

  const others = [
    'eval',
    'Function',
    'Math.max.constructor',
    'Object.assign',
    'Object.defineProperty',
    'Object.setPrototypeOf',
    'Reflect.apply',
    'Array.from',
    'Array.prototype.reduce',
    'Function.prototype.call',
    'fetch',
    'process.exit',
    'globalThis.process.exit',
    'global.process.exit',
    'setTimeout',
    'constructor.constructor',
    'Promise',
    '__proto__',
  ];
  for (const name of others) {
    test(`that reaches further needs a pattern: ${name}`, async (t) => {
      const { gate } = makeGate(t, {});
      await assert.rejects(gate.find(global(name), 'task'), notAllowed);
    });
  }

  test('is found with one', async (t) => {
    const { gate } = makeGate(t, {}, { allow: ['global:Object.*', 'global:fetch'] });
    assert.equal(await gate.find(global('Object.assign'), 'task'), Object.assign);
    assert.equal(await gate.find(global('fetch'), 'task'), fetch);
    await assert.rejects(gate.find(global('Object.assign.constructor'), 'task'), notThere);
    await assert.rejects(gate.find(global('process.exit'), 'task'), notAllowed);
  });
});
