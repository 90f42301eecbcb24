/** What a text loads, read from it. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { moduleRequests } from '#dist/source/module-requests.js';
import { mislead, misleading } from '../support/misleading-text.ts';

/** A text, and what it requests. */
const table: readonly (readonly [string, string])[] = [
  ["import 'a'; import b from 'b'; import * as c from 'c'; import { d } from 'd'", 'a b c d'],
  ["import a, { b } from 'c'; import d, * as e from 'f'; import {} from 'g'", 'c f g'],
  [
    "import defer * as a from 'b'; import source c from 'd'; import { 'a-b' as e } from 'f'",
    'b d f',
  ],
  ["import type from 'a'; import type, { from } from 'b'; import type from from 'c'", 'a b'],
  ["import type A from 'a'; import type { B } from 'b'; import type * as C from 'c'", ''],
  ["import { type A } from 'a'; import { type B, b } from 'b'", 'a b'],
  ["import a from './x.json' with { type: 'json' }\nimport 'b' with { c: 'd' }", './x.json b'],
  [
    "export * from 'a'; export * as b from 'c'; export { d } from 'e'; export {} from 'f'",
    'a c e f',
  ],
  ["export * as 'a name' from 'b'; export { 'c d' as e } from 'f'", 'b f'],
  ["export type { A } from 'a'; export type * from 'b'; export type C = 'c'", ''],
  ["export const from = 'a'; export default 'b'; export { from }; 'c'; export class d {}", ''],
  ["export { a }\nfrom\n'b'", 'b'],
  ["import('a'); await import(`b`); x(import('c', { with: {} })); import.defer('d')", 'a b c d'],
  ["import.source('a').then(); import.meta.resolve('b'); import.meta('c')", 'a'],
  ["function f() { return () => [import('a'), require('b')] }", 'a b'],
  ["async () => { const { x } = await import('a'); class A { static b = require('b') } }", 'a b'],
  [
    "const a = require('a'), { b } = require(`b`); require('c')('d'); require.resolve('e')",
    'a b c',
  ],
  [
    "module.require('a'); b.require('c'); b?.require('d'); b.import('e'); b.module.require('f')",
    'a f',
  ],
  ["import a = require('a'); import b = C.D; import type e = require('f')", 'a'],
  ["let a: typeof import('a'); const b = typeof require('b')", 'b'],
  ["import(a); import('a' + b); import(`a${b}`); require(a); require('a' + 'b'); require()", ''],
  ["x = { import(a) {}, require('a') {}, a: require('b'), require: 'c' }", 'b'],
  ["class A { import() { import('a') } require(a) { require('b') } }", 'a b'],
  ["function f() { import a from 'a' }", ''],
  ["import 'a'; import('a'); require('a')", 'a'],
  [
    String.raw`import "\x61"; import('\u{62}'); i\u006dport('c'); require("d\
")`,
    'a b c d',
  ],
  ["'import \"a\"'; // import 'b'\n/* require('c') */ `import('d') ${import('e')}`", 'e'],
  ["/import('a')/; a / require('b') / c; </import>", 'b'],
  ["#!/usr/bin/env node\nimport 'a'", 'a'],
  ["\ufeffimport 'a'", 'a'],
  ["import a from; import; export; export *; import('a'; require(", ''],
  ["export const a = async (): Promise<typeof import('a')> => await import('b')", 'b'],
  ["enum A { B = 'c' }\nimport d from 'd'\nnamespace E { export const f = 'from' }", 'd'],
  ['', ''],
];

suite('requests', () => {
  for (const [text, found] of table) {
    test(`${JSON.stringify(text)}: ${found}`, () => {
      assert.equal(moduleRequests(text).join(' '), found);
    });
  }

  test('comments and literals between everything change nothing', () => {
    const text =
      "import a from 'b'; const c = [_]; export * from 'd'; f(_, import('e')); g = { h: require('i'), j: _ };";
    fc.assert(
      fc.property(misleading, (misled) => {
        assert.deepEqual(moduleRequests(mislead(text, misled)), ['b', 'd', 'e', 'i']);
      }),
    );
  });

  test('any text at all is read to its end', () => {
    const piece = fc.constantFrom(
      'import',
      'export',
      'from',
      'require',
      'type',
      '*',
      '{',
      '}',
      '(',
      ')',
      "'a'",
      ',',
      '=',
      '`',
      '${',
      '/',
      '.',
      '?.',
      ';',
      '\n',
      'as',
      'x',
      'module',
      'typeof',
      '"',
      '<',
      '>',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        for (const each of moduleRequests(pieces.join(' '))) assert.equal(typeof each, 'string');
      }),
    );
  });
});
