/** The imports and exports of a module, read from its text. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as fc from 'fast-check';
import { moduleSyntax } from '#dist/source/module-syntax.js';
import { mislead, misleading } from '../support/misleading-text.ts';

const importsOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...moduleSyntax(text).imports].map(([local, { specifier, name }]) => [
      local,
      `${specifier} ${name}`,
    ]),
  );
const exportsOf = (text: string): Record<string, readonly string[]> =>
  Object.fromEntries(moduleSyntax(text).exports);

/** Each exported under its own name. */
const own = (...names: string[]): Record<string, string[]> =>
  Object.fromEntries(names.map((name) => [name, [name]]));
const namesOf = (text: string): string[] =>
  [...moduleSyntax(text).exports.values()].flat().toSorted();
const columnOf = (text: string): number | undefined => moduleSyntax(text).anonymousDefault?.column;

suite('imports', () => {
  const table: readonly (readonly [string, Record<string, string>])[] = [
    ["import x from 'y'", { x: 'y default' }],
    ["import * as x from 'y'", { x: 'y *' }],
    ["import x, * as y from 'z'", { x: 'z default', y: 'z *' }],
    ["import x, { y as z, default as w, } from 'v'", { x: 'v default', z: 'v y', w: 'v default' }],
    ["import { 'a-b' as c } from 'd'; import {} from 'e'", { c: 'd a-b' }],
    [String.raw`import x from "\x79\u{7a}"`, { x: 'yz default' }],
    ["import './side'\nimport x from 'y'", { x: 'y default' }],
    [
      "import x from 'y' with { type: 'json' }\nimport z from 'y'",
      { x: 'y default', z: 'y default' },
    ],
    ["import './side' with { type: 'css' }; import x from 'y'", { x: 'y default' }],
    ["import defer * as x from 'y'", { x: 'y *' }],
    ["import defer from 'y'; import source from 'z'", { defer: 'y default', source: 'z default' }],
    ["import source x from 'y'; import source from from 'y'", {}],
    ["import type x from 'y'; import type { z } from 'y'; import type * as w from 'y'", {}],
    ["import type from 'y'", { type: 'y default' }],
    ["import type, { from } from 'y'", { type: 'y default', from: 'y from' }],
    ["import type from from 'y'; import type x = require('y')", {}],
    [
      "import { type A, b, type C as D, type as as, type } from 'y'",
      { b: 'y b', as: 'y type', type: 'y type' },
    ],
    ["import x = require('y'); import z = A.B; import w from 'y'", { w: 'y default' }],
    ["import('x').then(y); import.meta.url; a.import; const { from } = await import('x')", {}],
    ["function f() { import x from 'y' }", {}],
    ["const a = `import x from 'y'` // import x from 'y'", {}],
    [
      "import { if as x, import as y, from as z } from 'w'",
      { x: 'w if', y: 'w import', z: 'w from' },
    ],
  ];
  for (const [text, expected] of table) {
    test(text, () => assert.deepEqual(importsOf(text), expected));
  }
});

suite('exports', () => {
  const table: readonly (readonly [string, Record<string, readonly string[]>])[] = [
    [
      'export { a, b as c, a as default, d as "e-f", }',
      { a: ['a', 'default'], b: ['c'], d: ['e-f'] },
    ],
    ["export { a } from 'b'; export * from 'c'; export * as d from 'e'; export {}", {}],
    ['export const a = 1, b = f(c, d), g = { h, i }, j = [k, l]', own('a', 'b', 'g', 'j')],
    ['export let a, b\nexport var c\nlet d', own('a', 'b', 'c')],
    [
      'export const { a, b: [c, , d = e, ...f], [g]: { h } = i, ...j } = k, l = 1',
      own('a', 'c', 'd', 'f', 'h', 'j', 'l'),
    ],
    ['export const [a, { b }, [c] = d] = e', own('a', 'b', 'c')],
    ['export const a = (b, c) => d, e = async function (f, g) { }, h = 1', own('a', 'e', 'h')],
    ['export const a = 1\nb(), c', own('a')],
    ['export const a = () => { }\nb(), c', own('a')],
    ['export const a = b\n.c(), d = 1', own('a', 'd')],
    ['export const a = b < c, d = e > f', own('a', 'd')],
    // oxlint-disable-next-line no-template-curly-in-string
    ['export const a = `${b, c}`, d = /,e,/', own('a', 'd')],
    [
      'export function a() { }\nexport async function b() { }\nexport function* c() { }\nexport async function* d() { }\nexport class e { }',
      own('a', 'b', 'c', 'd', 'e'),
    ],
    ['export default function a() { }', { a: ['default'] }],
    ['export default async function* a() { }', { a: ['default'] }],
    ['export default class A { }', { A: ['default'] }],
    ['export default a', { a: ['default'] }],
    ['export default a;\nexport { a }', { a: ['default', 'a'] }],
    ['export default a\nb()', { a: ['default'] }],
    ['export default a\n(b)', {}],
    ['export default a.b; export default f(a); export default a + b; export default this', {}],
    ['export default async', {}],
    ['if (a) { export { b } } c.export', {}],
    ['export const from = 1, as = 2, type = 3', own('from', 'as', 'type')],
  ];
  for (const [text, expected] of table) {
    test(text, () => assert.deepEqual(exportsOf(text), expected));
  }
});

suite('exports of TypeScript', () => {
  const table: readonly (readonly [string, Record<string, readonly string[]>])[] = [
    [
      "export type A = B; export type { C }; export type { D } from 'e'; export type * from 'f'",
      {},
    ],
    [
      'export interface A { b: c }\nexport declare const d: e\nexport declare function f(): void',
      {},
    ],
    ['export namespace A { export const b = 1 }\nexport = c', {}],
    ['export as namespace A; export import b = c.d; export const enum E { F }', {}],
    ['export enum A { B = 1 }\nexport abstract class C { abstract d(): void }', own('A', 'C')],
    ['export { type A, b, type C as D, e as f }', { b: ['b'], e: ['f'] }],
    ['export const a: Map<b, c> = new Map<d, e, f>(), g = 1', own('a', 'g')],
    ['export const a: (b: c, d: e) => Map<f, Set<g>>= h, i: { j: k, l: m } = n', own('a', 'i')],
    ['export const a = <T, U = V>(b: T, c: U): Map<T, U> => d, e = 1', own('a', 'e')],
    ['export let a: string\nlet b: number, c', own('a')],
    ['export let a!: string, b = c as Map<d, e>, f = g satisfies h', own('a', 'b', 'f')],
    [
      'export function a(b: c): void\nexport function a(b?: d): { e: f } { return /}/ }\nexport const g = 1',
      own('a', 'g'),
    ],
    [
      'export class A<T> implements B { c: d = 1; e(): void { } private f?: g }\nexport const h = 1',
      own('A', 'h'),
    ],
    ['export default interface A { }', {}],
    ['export default abstract class A { }', { A: ['default'] }],
    ['export default a as B', { a: ['default'] }],
    ['export default a satisfies B', { a: ['default'] }],
    ['export default function a<T>(b: T): T { return b }', { a: ['default'] }],
  ];
  for (const [text, expected] of table) {
    test(text, () => assert.deepEqual(exportsOf(text), expected));
  }
});

/** Where V8 says that a function is. */
function locationOf(fn: unknown): { line: number; column: number } {
  const session = new Session();
  session.connect();
  const post = (method: string, parameters: object): Record<string, unknown> => {
    let answer: unknown;
    session.post(method, parameters, (_error, result) => void (answer = result));
    return answer as Record<string, unknown>;
  };
  Object.assign(globalThis, { functionInQuestion: fn });
  const { result } = post('Runtime.evaluate', { expression: 'functionInQuestion' });
  const properties = post('Runtime.getProperties', {
    objectId: (result as { objectId: string }).objectId,
    ownProperties: true,
  });
  session.disconnect();
  const internal = properties['internalProperties'] as {
    name: string;
    value: { value: { lineNumber: number; columnNumber: number } };
  }[];
  const location = internal.find(({ name }) => name === '[[FunctionLocation]]')!.value.value;
  return { line: location.lineNumber, column: location.columnNumber };
}

suite('an anonymous default export is where V8 says', () => {
  const folder = mkdtempSync(join(tmpdir(), 'anonymous-default-'));
  after(() => rmSync(folder, { recursive: true }));
  const texts = [
    'export default () => 1',
    'export default async () => 1',
    'export default x => 1',
    'export default async x => { }',
    'export default async (x) => { }',
    'export default (() => 1)',
    'export default ((((x, y) => 1)));',
    'export default (async /* ( */ (x) => 1)',
    'export default function () { }',
    'export default async function* /* ( */ (a = () => 1) { }',
    'export default (function (a) { })',
    'export default (function named(a) { })',
    'export default class { }',
    'export default class { a = 1; b() { } static { } }',
    'export default class { a = (b, c); constructor (d) { } }',
    'export default class { a = 1\n static constructor() { } "constructor" (d) { } }',
    'export default class extends (class { constructor() { } }) { }',
    'export default class extends class { } { constructor(...a) { super(...a) } }',
    'export default (class { })',
    'export default (class Named { })',
    '#!/usr/bin/env node\n/* ( */ export\r\n  default\r// (\u2028// (\n() => 1',
    '\ufeffexport default () => 1',
    '"ä😀"; export default () => 1',
  ];
  for (const [index, text] of texts.entries()) {
    test(JSON.stringify(text), async () => {
      const file = join(folder, `${index}.mjs`);
      writeFileSync(file, text);
      const module = (await import(pathToFileURL(file).href)) as { default: unknown };
      assert.deepEqual(moduleSyntax(text).anonymousDefault, locationOf(module.default));
    });
  }

  test('in TypeScript as if its types were blanks', () => {
    assert.equal(columnOf('export default <T>(x: T): T => x'), 18);
    assert.equal(columnOf('export default (x: Map<a, b>): x is c => x'), 15);
    assert.equal(columnOf('export default async <T>(x: T) => x'), 15);
    assert.equal(columnOf('export default function <T>(x: T): void { }'), 27);
    assert.equal(columnOf('export default abstract class { }'), 24);
    assert.equal(columnOf('export default class<T> implements A { }'), 15);
    assert.equal(
      columnOf('export default class { constructor(a: b); constructor(a?: c) { } }'),
      53,
    );
    assert.deepEqual(
      moduleSyntax('export default function (a: b): void;\nexport default function (a?: c) { }')
        .anonymousDefault,
      { line: 1, column: 24 },
    );
  });

  test('and nothing else is one', () => {
    const others = [
      'a',
      '(a)',
      '(a, b)',
      '(() => 1)()',
      '(function () { })\n(a)',
      '[() => 1]',
      '{ a() { } }',

      '(() => 1, a)',
      '(a, () => 1)',
      'f(() => 1)',
      'async(a)',
      'async',
      '1',
      '',
      '`a`',
      'new (class { })',
      'function a() { }',
      'class A { }',
      'interface A { }',
    ];
    for (const other of others) {
      const text = `export default ${other}`;
      assert.equal(moduleSyntax(text).anonymousDefault, undefined, text);
    }
    assert.equal(moduleSyntax('exports.default = () => 1').anonymousDefault, undefined);
  });
});

test('strict are modules, and what says so at its beginning', () => {
  const strict = [
    "'use strict'",
    '"use strict"; a',
    "#!a\n// b\n'a'\n'use strict'\nc",
    "'a'; 'use strict'",

    "import 'a'",
    'export {}',
    'import type a from "b"',
    'a(import.meta.url)',
    'export default 1',
  ];
  for (const text of strict) assert.equal(moduleSyntax(text).strict, true, text);
  const sloppy = [
    "a; 'use strict'",
    "'use strict'.length",
    "'use strict'\n+ a",
    "('use strict')",
    "'use\\u0020strict'",
    "import('a')",
    '',
    'a.import.meta',
    "{ 'use strict' }",
    "function f() { 'use strict' }",
    "'import.meta'",
    '`use strict`',
  ];
  for (const text of sloppy) assert.equal(moduleSyntax(text).strict, false, text);
});

test('text between the tokens, and in strings, changes nothing', () => {
  const sources = [
    'import a, { b as c } from "d"; x(_); export { a, c as e }; y[_] = _;',
    'export const { a = _, b: [c] } = f(_), d = _, e = { g: _ }; export default class { h = _; }',
    'if (_) { a = _; } function f(b = _) { return _; } export { f as default }; export class A { }',
    'import * as a from "b"; export default (c = _, d) => { return _; };',
  ];
  fc.assert(
    fc.property(fc.constantFrom(...sources), misleading, (source, text) => {
      const plain = moduleSyntax(source.replaceAll(/\b_\b/gu, '0'));
      const spliced = moduleSyntax(mislead(source, text));
      assert.deepEqual(spliced.imports, plain.imports);
      assert.deepEqual(spliced.exports, plain.exports);
      assert.equal(spliced.strict, plain.strict);
      assert.equal(spliced.anonymousDefault === undefined, plain.anonymousDefault === undefined);
    }),
    { numRuns: 500 },
  );
});

test('a text that is cut off is read as far as it goes', () => {
  const source =
    "import a, { b as c } from 'd'; export const { e: [f = `${g}`] } = h; export { a as 'i' }; " +
    "export default class { 'constructor'() { } }; export default (async <T>(j: T) => 1)";
  for (let end = 0; end <= source.length; end++) {
    moduleSyntax(source.slice(0, end));
    moduleSyntax(source.slice(end));
  }
  fc.assert(fc.property(fc.string(), (text) => moduleSyntax(text).imports instanceof Map));
});

suite('of this package', () => {
  const root = resolve(import.meta.dirname, '../../..');
  const filesIn = (folder: string, extension: string): string[] =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith(extension))
      .map((file) => join(folder, file));
  const modules = filesIn('dist', '.js').filter(
    // Those begin to work when they are imported.
    (file) => !/(?:-entry|\/cli)\.js$/u.test(file),
  );

  test('every module exports what it is seen to export', async () => {
    assert.ok(modules.length > 50);
    for (const file of modules) {
      const text = readFileSync(join(root, file), 'utf8');
      const module = (await import(pathToFileURL(join(root, file)).href)) as object;
      const expected = Object.keys(module).toSorted();
      const found = namesOf(text);
      if (/^export .* from /mu.test(text)) {
        assert.deepEqual(
          found.filter((name) => !expected.includes(name)),
          [],
          file,
        );
      } else assert.deepEqual(found, expected, file);
    }
  });

  test('the TypeScript of a module says the same as its JavaScript', () => {
    const sources = filesIn('src', '.ts');
    assert.ok(sources.length > 50);
    for (const file of sources) {
      const source = readFileSync(join(root, file), 'utf8');
      const compiled = file.replace(/^src/u, 'dist').replace(/\.ts$/u, '.js');
      const text = readFileSync(join(root, compiled), 'utf8');
      assert.deepEqual(namesOf(source), namesOf(text), file);
      const specifiers = source.replaceAll(/(from '\..*)\.ts'/gu, "$1.js'");
      assert.deepEqual(importsOf(specifiers), importsOf(text), file);
    }
  });
});
