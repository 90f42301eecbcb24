import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Lookup } from '#dist/lookup/lookup.js';
import defaultArrow from '../fixtures/functions/default-arrow.js';
import DefaultClass from '../fixtures/functions/default-class.js';
import defaultFunction from '../fixtures/functions/default-function.js';
import defaultNamed from '../fixtures/functions/default-named.js';
import * as barrel from '../fixtures/functions/barrel.js';
import * as forms from '../fixtures/functions/exported-forms.js';
import { importText, type LooseModule, writeModules } from '../support/modules.js';

const lookup = new Lookup();
const fixture = (name: string): string =>
  new URL(`../fixtures/functions/${name}.js`, import.meta.url).href;

/** Module and path of what is found; undefined if nothing is. */
function referenceOf(fn: object): { module: string; path: readonly string[] } | undefined {
  lookup.afresh();
  const found = lookup.find(fn);
  if (!('builtin' in found)) return undefined;
  assert.ok('reference' in found.builtin, JSON.stringify(found.builtin));
  const { module, path, commonjs } = found.builtin.reference;
  assert.equal(commonjs, undefined, 'it is an ES module');
  return { module, path };
}

const found: readonly [string, object, string, string[]][] = [
  ['a function declaration', forms.named, 'exported-forms', ['named']],
  ['an arrow function', forms.arrow, 'exported-forms', ['arrow']],
  ['an async function', forms.asynchronous, 'exported-forms', ['asynchronous']],
  ['a generator function', forms.counting, 'exported-forms', ['counting']],
  ['an export under another name', forms.renamed, 'exported-forms', ['renamed']],
  ['a class', forms.Scale, 'exported-forms', ['Scale']],
  ['a static method', forms.Scale.double, 'exported-forms', ['Scale', 'double']],
  ['a method', forms.Scale.prototype.apply, 'exported-forms', ['Scale', 'prototype', 'apply']],
  ['a method of an object', forms.tools.half, 'exported-forms', ['tools', 'half']],
  ['the first product of a factory', forms.addTen, 'exported-forms', ['addTen']],
  ['its second product', forms.addTwenty, 'exported-forms', ['addTwenty']],
  ['a default export with a name', defaultNamed, 'default-named', ['default']],
  ['a default export without a name', defaultFunction, 'default-function', ['default']],
  ['an arrow function as default export', defaultArrow, 'default-arrow', ['default']],
  ['a class as default export', DefaultClass, 'default-class', ['default']],
  ['what a barrel exports again', barrel.asynchronous, 'exported-forms', ['asynchronous']],
  ['what a barrel exports by a new name', barrel.greeting, 'default-named', ['default']],
];

for (const [name, fn, module, path] of found) {
  test(`${name} is found in the module that defines it`, () => {
    assert.deepEqual(referenceOf(fn), { module: fixture(module), path });
  });
}

const notFound: readonly [string, object][] = [
  ['a function that is not exported', forms.giveHidden()],
  ['a method two levels inside an export', forms.tools.deep.third],
  [
    'a closure of an exported function',
    (
      () => (a: number) =>
        forms.addTen(a)
    )(),
  ],
  ['a function of the entry script', referenceOf],
];

for (const [name, fn] of notFound) {
  test(`${name} is not found, but looked into`, () => {
    const seen = lookup.find(fn);
    assert.ok('origin' in seen && seen.origin !== undefined);
    assert.ok(seen.origin.url?.startsWith('file:'));
    assert.ok(seen.origin.sight.source.length > 0);
  });
}

test('one file that was imported twice is two modules', async (t) => {
  const text = 'export const which = () => import.meta.url; export const other = which;';
  const { url } = await importText(t, 'twice.mjs', text);
  const [first, second] = (await Promise.all(
    ['?v=1', '?v=2'].map((query) => import(url + query)),
  )) as [LooseModule, LooseModule];
  assert.deepEqual(referenceOf(first['which']!), { module: `${url}?v=1`, path: ['which'] });
  assert.deepEqual(referenceOf(second['which']!), { module: `${url}?v=2`, path: ['which'] });
});

test('an export that was given another value is found for what it is now', async (t) => {
  const text = `
    const first = () => 'first', second = () => 'second';
    export let current = first;
    export const both = () => [first, second];
    export const change = () => { current = second; };`;
  const { module, url } = await importText(t, 'changes.mjs', text);
  const [first, second] = module['both']!() as [object, object];
  assert.equal(referenceOf(second), undefined, 'not exported yet');
  module['change']!();
  assert.deepEqual(referenceOf(second), { module: url, path: ['current'] });
  assert.equal(referenceOf(first), undefined, 'not exported any more');
});

test('a variable that has no value yet does not disturb the search', async (t) => {
  const text = `
    export const early = () => 1;
    globalThis[Symbol.for('found while importing')] = globalThis[Symbol.for('find')](early);
    export const late = 2;`;
  const shared = globalThis as unknown as Record<symbol, unknown>;
  shared[Symbol.for('find')] = referenceOf;
  t.after(() => {
    Reflect.deleteProperty(shared, Symbol.for('find'));
    Reflect.deleteProperty(shared, Symbol.for('found while importing'));
  });
  const { url } = await importText(t, 'early.mjs', text);
  assert.deepEqual(shared[Symbol.for('found while importing')], { module: url, path: ['early'] });
});

test('getters of exported objects are not run', async (t) => {
  const text = `
    export const odd = { get bad() { throw new Error('it was run'); }, good() { return 1; } };
    export class Odd { static get bad() { throw new Error('it was run'); } static good() {} }`;
  const { module, url } = await importText(t, 'getters.mjs', text);
  const { odd, Odd } = module as unknown as Record<string, { good: object }>;
  assert.deepEqual(referenceOf(odd!.good), { module: url, path: ['odd', 'good'] });
  assert.deepEqual(referenceOf(Odd!.good), { module: url, path: ['Odd', 'good'] });
});

test('spaces, percent signs and letters of other languages may be in a path', async (t) => {
  const { module, url } = await importText(
    t,
    'a folder, 100% größe/mo dule#1.mjs',
    'export const here = () => 1;',
  );
  assert.deepEqual(referenceOf(module['here']!), { module: url, path: ['here'] });
});

test('a module behind a symbolic link is found where it really is', async (t) => {
  const folder = writeModules(t, { 'real.mjs': 'export const here = () => 1;' });
  symlinkSync(join(folder, 'real.mjs'), join(folder, 'link.mjs'));
  const linked = pathToFileURL(join(folder, 'link.mjs')).href;
  const module = (await import(linked)) as LooseModule;
  const place = referenceOf(module['here']!);
  assert.deepEqual(place, { module: pathToFileURL(join(folder, 'real.mjs')).href, path: ['here'] });
});

test('a module may be written in its URL', async () => {
  const url = 'data:text/javascript,export const here = () => 1; export default () => 2;';
  const module = (await import(url)) as LooseModule;
  assert.deepEqual(referenceOf(module['here']!)?.path, ['here']);
  assert.deepEqual(referenceOf(module['default']!)?.path, ['default']);
});
