import assert from 'node:assert/strict';
import { promises, readFile as readFileCallback } from 'node:fs';
import { createRequire } from 'node:module';
import { symlinkSync } from 'node:fs';
import { join, win32 } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Lookup } from '#dist/lookup/lookup.js';
import * as again from '../fixtures/functions/builtins-exported-again.js';
import { type LooseModule, writeModules } from '../support/modules.js';

const lookup = new Lookup();
const require = createRequire(import.meta.url);

/** A CommonJS module with this text, loaded. */
function requireText(
  t: TestContext,
  text: string,
): { module: LooseModule; url: string; file: string } {
  const file = join(writeModules(t, { 'module.cjs': text }), 'module.cjs');
  return { module: require(file) as LooseModule, url: pathToFileURL(file).href, file };
}

function assertCommonjs(fn: unknown, url: string, path: string[]): void {
  assert.deepEqual(lookup.find(fn as object), {
    builtin: { reference: { module: url, path, detached: true, commonjs: true } },
  });
}

test('what a CommonJS module puts on exports is found', (t) => {
  const { module, url } = requireText(t, 'exports.x = () => 1; exports.y = function named() {};');
  assertCommonjs(module['x'], url, ['x']);
  assertCommonjs(module['y'], url, ['y']);
});

test('a function that is all that a CommonJS module exports is found, and what it carries', (t) => {
  const { module, url } = requireText(
    t,
    'module.exports = function main() {}; module.exports.helper = () => 1;',
  );
  assertCommonjs(module, url, []);
  assertCommonjs(module['helper'], url, ['helper']);
});

test('a class of a CommonJS module is found, its static methods and its methods', (t) => {
  const { module, url } = requireText(
    t,
    'exports.K = class { static of() {} go() {} }; module.exports.o = { meth() {} };',
  );
  const { K, o } = module as unknown as {
    K: { new (): object; of(): void; prototype: { go(): void } };
    o: { meth(): void };
  };
  assertCommonjs(K, url, ['K']);
  assertCommonjs(K.of, url, ['K', 'of']);
  assertCommonjs(K.prototype.go, url, ['K', 'prototype', 'go']);
  assertCommonjs(o.meth, url, ['o', 'meth']);
});

test('a class that is all that a CommonJS module exports has its static methods in it', (t) => {
  const { module, url } = requireText(t, 'module.exports = class { static of() {} go() {} };');
  assertCommonjs(module, url, []);
  assertCommonjs(module['of'], url, ['of']);
});

test('a CommonJS module whose getters throw is searched without running them', (t) => {
  const text = `
    for (const name of ['a', 'b']) Object.defineProperty(exports, name, {
      enumerable: true, get() { throw new Error('it was run'); } });
    exports.good = () => 1;
    exports.other = (0, () => 2);`;
  const { module, url } = requireText(t, text);
  assertCommonjs(module['good'], url, ['good']);
  assertCommonjs(module['other'], url, ['other']);
});

test('an export of a CommonJS module that was given another value is not what it was', (t) => {
  const { module } = requireText(t, `exports.x = () => 1;`);
  const before = module['x'] as object;
  module['x'] = () => 2;
  assert.ok('origin' in lookup.find(before));
});

test('an export that a CommonJS module adds later is found', (t) => {
  const text = 'exports.first = () => 1; exports.more = () => { exports.second = () => 2; };';
  const { module, url } = requireText(t, text);
  assertCommonjs(module['first'], url, ['first']);
  module['more']!();
  assertCommonjs(module['second'], url, ['second']);
});

test('a CommonJS module that is imported is found as one that is required', async (t) => {
  const folder = writeModules(t, { 'imported.cjs': 'exports.x = () => 1;' });
  const url = pathToFileURL(join(folder, 'imported.cjs')).href;
  const { x } = (await import(url)) as LooseModule;
  assertCommonjs(x, url, ['x']);
});

test('a CommonJS function that is not exported is looked into', (t) => {
  const { module, file, url } = requireText(
    t,
    'const hidden = () => 1; exports.give = () => hidden;',
  );
  const found = lookup.find(module['give']!() as object);
  assert.ok('origin' in found);
  assert.ok([file, url].includes(found.origin?.url ?? ''), 'V8 knows it by either');
});

test('a CommonJS module behind a link, in a folder with spaces, is found where it really is', (t) => {
  const folder = writeModules(t, { 'a b/real one.cjs': 'exports.x = () => 1;' });
  symlinkSync(join(folder, 'a b'), join(folder, 'link'));
  const module = require(join(folder, 'link', 'real one.cjs')) as LooseModule;
  assertCommonjs(module['x'], pathToFileURL(join(folder, 'a b', 'real one.cjs')).href, ['x']);
});

test("functions of Node's own modules are found by the name of the module", () => {
  const reference = (module: string, path: string[]): object => ({
    builtin: { reference: { module, path, detached: true } },
  });
  assert.deepEqual(lookup.find(join), reference('node:path', ['join']));
  assert.deepEqual(lookup.find(readFileCallback), reference('node:fs', ['readFile']));
  assert.deepEqual(lookup.find(again.readFile), reference('node:fs/promises', ['readFile']));
  assert.deepEqual(lookup.find(again.toPromise), reference('node:util', ['promisify']));
});

test('functions of the language are found by their path from the global object', () => {
  const global = (...path: string[]): object => ({ builtin: { global: path } });
  assert.deepEqual(lookup.find(Math.max), global('Math', 'max'));
  assert.deepEqual(lookup.find(JSON.stringify), global('JSON', 'stringify'));
  assert.deepEqual(lookup.find(encodeURI), global('encodeURI'));
  assert.deepEqual(lookup.find(Date), global('Date'));
  assert.deepEqual(lookup.find(structuredClone), global('structuredClone'));
  assert.deepEqual(lookup.find(Array.prototype.slice), global('Array', 'prototype', 'slice'));
});

test('a function that the program has made global is no global one for a worker', (t) => {
  const helper = (): number => 1;
  Object.assign(globalThis, { helper });
  t.after(() => Reflect.deleteProperty(globalThis, 'helper'));
  assert.ok('origin' in lookup.find(helper));
});

test('bound functions show what they are made of', () => {
  const self = { a: 1 };
  const found = lookup.find(join.bind(self as never, 'x', 'y'));
  assert.ok('origin' in found);
  assert.deepEqual(found.origin?.sight.bound, { target: join, self, args: ['x', 'y'] });
});

test('functions of what lies inside a module of Node are found, asked for by its own name or not', () => {
  const builtin = (module: string, path: string[]): object => ({
    builtin: { reference: { module, path, detached: true } },
  });
  assert.deepEqual(lookup.find(promises.readFile), builtin('node:fs/promises', ['readFile']));
  assert.deepEqual(lookup.find(win32.join), builtin('node:path', ['win32', 'join']));
  assert.deepEqual(lookup.builtin(win32), {
    reference: { module: 'node:path', path: ['win32'] },
  });
});
