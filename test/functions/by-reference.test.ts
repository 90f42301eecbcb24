/** Functions that workers import by themselves, wherever the program has them from. */
import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import defaultArrow from '../fixtures/functions/default-arrow.js';
import DefaultClass from '../fixtures/functions/default-class.js';
import defaultFunction from '../fixtures/functions/default-function.js';
import defaultNamed from '../fixtures/functions/default-named.js';
import * as again from '../fixtures/functions/builtins-exported-again.js';
import * as barrel from '../fixtures/functions/barrel.js';
import * as forms from '../fixtures/functions/exported-forms.js';
import { workerBackends } from '../support/backends.js';
import { importText, type LooseModule, writeModules } from '../support/modules.js';

const require = createRequire(import.meta.url);
const apply = forms.Scale.prototype.apply;
const { receiver } = forms.Scale.prototype;

for (const backend of workerBackends) {
  suite(`by reference (${backend.name})`, () => {
    const pool = backend.make({ maxWorkers: 1, functions: 'reference' });
    after(() => pool.shutdown());

    test('exports of every form are called', async () => {
      assert.equal(await pool.submit(forms.named, 1), 'named 1');
      assert.equal(await pool.submit(forms.arrow, 1), 'arrow 1');
      assert.equal(await pool.submit(forms.asynchronous, 1), 'async 1');
      assert.equal(await pool.submit(forms.renamed, 1), 'renamed 1');
      assert.equal(await pool.submit(forms.tools.half, 1), 0.5);
      assert.equal(await pool.submit(forms.addTen, 1), 11);
      assert.equal(await pool.submit(forms.addTwenty, 1), 21);
      assert.equal(await pool.submit(defaultNamed, 1), 'default named 1');
      assert.equal(await pool.submit(defaultFunction, 1), 'default function 1');
      assert.equal(await pool.submit(defaultArrow, 1), 'default arrow 1');
      assert.equal(await pool.submit(barrel.greeting, 1), 'default named 1');
      assert.equal(await pool.submit(barrel.arrow, 1), 'arrow 1');
    });

    test('methods are called without an object, as the program would with what it submits', async () => {
      assert.equal(await pool.submit(forms.Scale.double, 4), 8);
      assert.equal(await pool.submit(receiver), 'undefined');
      const error = await pool.submit(apply, 1).exception();
      assert.ok(error instanceof TypeError, 'there is no `this`');
    });

    test('a class by itself can not be called, as here', async () => {
      const call = pool.submit(forms.Scale as unknown as (factor: number) => void, 2);
      assert.match(String(await call.exception()), /TypeError: .*without 'new'/);
    });

    test('what a module remembers stays in it from call to call', async () => {
      const before = await pool.submit(forms.countCalls);
      assert.equal(await pool.submit(forms.countCalls), before + 1);
      assert.equal(await pool.submit(barrel.countCalls), before + 2);
    });

    test('functions of Node and of the language are called', async () => {
      assert.equal(await pool.submit(join, 'a', 'b'), join('a', 'b'));
      assert.equal(await pool.submit(Math.max, 1, 3, 2), 3);
      assert.equal(await pool.submit(encodeURI, 'ö'), '%C3%B6');
      const file = fileURLToPath(
        new URL('../fixtures/functions/default-arrow.js', import.meta.url),
      );
      const read: (file: string, encoding: 'utf8') => Promise<string> = again.readFile;
      assert.match(await pool.submit(read, file, 'utf8'), /default arrow/);
      assert.equal(again.toPromise, promisify);
      assert.match(
        String(await pool.submit(promisify as never).exception()),
        /"original" argument/,
      );
    });

    test('what CommonJS modules export is required', async (t) => {
      const folder = writeModules(t, {
        'named.cjs': 'exports.x = (a) => ["x", a]; exports.default = (a) => ["default", a];',
        'only.cjs':
          'module.exports = (a) => ["only", a]; module.exports.more = (a) => ["more", a];',
        'klass.cjs': 'module.exports = class { static of(a) { return ["of", a]; } };',
      });
      const load = (name: string): LooseModule => require(join(folder, name)) as LooseModule;
      const named = load('named.cjs');
      assert.deepEqual(await pool.submit(named['x']!, 1), ['x', 1]);
      assert.deepEqual(await pool.submit(named['default']!, 1), ['default', 1]);
      const only = load('only.cjs');
      assert.deepEqual(await pool.submit(only as never), ['only', undefined]);
      assert.deepEqual(await pool.submit(only['more']!, 1), ['more', 1]);
      assert.deepEqual(await pool.submit(load('klass.cjs')['of']!, 1), ['of', 1]);
    });

    test('one file that was imported twice is imported twice there', async (t) => {
      const text = 'export const where = () => new URL(import.meta.url).search;';
      const { url } = await importText(t, 'twice.mjs', text);
      for (const query of ['?v=1', '?v=2']) {
        const { where } = (await import(url + query)) as LooseModule;
        assert.equal(await pool.submit(where!), query);
      }
    });

    test('an export that was given another value goes on being what its module starts with', async (t) => {
      const text = `
        export let current = () => 'first';
        export const change = () => { current = () => 'second'; };`;
      const { module } = await importText(t, 'changes.mjs', text);
      const first = module['current']!;
      assert.equal(await pool.submit(first), 'first');
      module['change']!();
      assert.equal(module['current']!(), 'second');
      assert.equal(await pool.submit(first), 'first');
    });

    test('paths may have spaces, percent signs and links in them', async (t) => {
      const text = 'export const here = () => new URL(import.meta.url).href;';
      const odd = await importText(t, 'a folder, 100%/größe#1.mjs', text);
      assert.equal(await pool.submit(odd.module['here']!), odd.url);
      const folder = writeModules(t, { 'real one.cjs': 'exports.here = () => __filename;' });
      symlinkSync(join(folder, 'real one.cjs'), join(folder, 'link.cjs'));
      const linked = require(join(folder, 'link.cjs')) as LooseModule;
      assert.equal(await pool.submit(linked['here']!), join(folder, 'real one.cjs'));
      writeFileSync(join(folder, 'target.mjs'), text);
      symlinkSync(folder, join(folder, 'itself'));
      const through = pathToFileURL(join(folder, 'itself', 'target.mjs')).href;
      const { here } = (await import(through)) as LooseModule;
      assert.equal(await pool.submit(here!), pathToFileURL(join(folder, 'target.mjs')).href);
    });
  });

  suite(`what is not exported goes by value (${backend.name})`, () => {
    const pool = backend.make({ maxWorkers: 1 });
    after(() => pool.shutdown());

    test('a function of another module that does not export it', async () => {
      assert.equal(await pool.submit(forms.giveHidden(), 1), 'hidden 1');
    });

    test('a method two levels inside an export', async () => {
      assert.equal(await pool.submit(forms.tools.deep.third, 3), 1);
    });

    test('a method of a class that has no name to be found by', async () => {
      assert.equal(await pool.submit(DefaultClass.make, 1), 'default class 1');
    });

    test('bound functions, whatever they are bound from and to', async () => {
      assert.equal(await pool.submit(forms.boundNamed), 'named 7');
      assert.equal(await pool.submit(forms.named.bind(undefined, 8)), 'named 8');
      assert.equal(await pool.submit(Math.max.bind(undefined, 5), 1), 5);
      assert.equal(await pool.submit(join.bind(undefined, 'a', 'b'), 'c'), join('a', 'b', 'c'));
      const scale = new forms.Scale(3);
      assert.equal(await pool.submit(scale.apply.bind(scale), 4), 12);
      const twice = scale.apply.bind(scale).bind(undefined, 5);
      assert.equal(await pool.submit(twice), 15);
      const local = { k: 2, times: (a: number) => a };
      const bound = function (this: typeof local, a: number, b: number): number {
        return this.k * this.times(a) + b;
      }.bind(local, 10);
      assert.equal(await pool.submit(bound, 1), 21);
      assert.equal(await pool.submit((f: (b: number) => number) => f(1), bound), 21);
    });

    test('functions by reference may be arguments, and be captured', async () => {
      const call = (f: (a: number) => unknown, a: number): unknown => f(a);
      assert.equal(await pool.submit(call, forms.arrow, 2), 'arrow 2');
      assert.equal(await pool.submit(call, Math.sqrt, 4), 2);
      assert.equal(await pool.submit(call, forms.addTwenty, 4), 24);
      const captured = forms.addTen;
      assert.equal(await pool.submit(() => captured(1)), 11);
    });
  });
}
