/** Tokens: what is a string, a template, a regular expression or a name, in valid text and in other text. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { stringValue, tokenize } from '#dist/source/lexer.js';

const pieces = (source: string): string[] =>
  tokenize(source).map((token) => source.slice(token.start, token.end));
const regexps = (source: string): string[] =>
  tokenize(source)
    .filter((token) => token.kind === 'regexp')
    .map((token) => source.slice(token.start, token.end));
const roles = (source: string): string[] =>
  tokenize(source)
    .filter((token) => token.role !== 'none')
    .map((token) => token.role);

test('text becomes tokens without its comments and blanks', () => {
  const table: readonly (readonly [string, string])[] = [
    ['#!/usr/bin/env node\na', 'a'],
    ['\ufeff#!x\na', 'a'],
    ['a // b\nc /* d\n */ e /**/ f', 'a c e f'],
    ['a /* never closed', 'a'],
    ['a\u00a0b\u2028c // d\u2029e', 'a b c e'],
    ['1_000n + 0x_ff - .5e-3 / 1.e+5 .. 0b11.x', '1_000n + 0x_ff - .5e-3 / 1.e+5 . . 0b11 . x'],
    ['1..toString() 1.5.a 2e3.b', '1. . toString ( ) 1.5 . a 2e3 . b'],
    ['a?.b a?.5:c a??=b a??b', 'a ?. b a ? .5 : c a ??= b a ?? b'],
    ['a>>>=b>>>c>>=d>>e>=f>g', 'a >>>= b >>> c >>= d >> e >= f > g'],
    ['a===b!==c==d!=e=>f**=g**h', 'a === b !== c == d != e => f **= g ** h'],
    ['a++ +b-- - --c', 'a ++ + b -- - -- c'],
    ['...a &&= b ||= c', '... a &&= b ||= c'],
    ['#x in this.#y', '#x in this . #y'],
    ['größe + 变量 + 𝒳', 'größe + 变量 + 𝒳'],
  ];
  for (const [source, expected] of table) {
    assert.equal(pieces(source).join(' '), expected);
  }
});

test('names are decoded, as are strings', () => {
  const source = String.raw`\u0061b c\u{64}\u{1F600} #\u0065 'a\n\x41\u{42}\
\'' `;
  const tokens = tokenize(source);
  assert.deepEqual(
    tokens.map((token) => token.text),
    ['ab', 'cd😀', '#e', ''],
  );
  assert.equal(stringValue(source, tokens[3]!), "a\nAB'");
});

test('strings end at their own quote, or with the line', () => {
  const source = `'a\\'b' "c\\"d" 'e\\\nf' don't\n}`;
  assert.deepEqual(pieces(source), [`'a\\'b'`, `"c\\"d"`, `'e\\\nf'`, 'don', "'t", '}']);
});

test('templates nest', () => {
  // oxlint-disable-next-line no-template-curly-in-string
  assert.deepEqual(pieces('`a${`b${c}`}d` + `x` + `\\`$ {${ {a: 1} }${ `}` }`'), [
    '`a${',
    '`b${',
    'c',
    '}`',
    '}d`',
    '+',
    '`x`',
    '+',
    '`\\`$ {${',
    '{',
    'a',
    ':',
    '1',
    '}',
    '}${',
    '`}`',
    '}`',
  ]);
  // oxlint-disable-next-line no-template-curly-in-string
  const tokens = tokenize('`a${b}c${d}e`');
  assert.equal(tokens[0]!.partner, 4);
  assert.equal(tokens[4]!.partner, 0);
});

suite('a slash', () => {
  const beginsRegExp = [
    '/r/',
    'x = /r/',
    'return /r/',
    'x => /r/',
    '(/r/)',
    '[/r/]',
    'if (a) /r/.test(b)',
    'while ((a)) /r/.test(b)',
    'for (const a of /r/.b) c',
    'for await (const a of b) /r/.test(a)',
    'with (a) /r/',
    'else /r/',
    'typeof /r/',
    'a ? /r/ : b',
    'a ? b : /r/',
    'case /r/: b',
    '{ a } /r/',
    'x; { a } /r/',
    'if (a) { b } /r/',
    'function f() {} /r/',
    'async function f() {} /r/',
    'class A extends B {} /r/',
    'export default class {} /r/',
    'export default function () {} /r/',
    'label: {} /r/',
    'switch (a) { case b: {} /r/ }',
    'f = () => {}\n/r/',
    '!/r/',
    'a = !/r/',
    '{ a: /r/ }',
    '({ a: /r/ })',
    'await /r/',
    'a, /r/',
    'function f(): void {} /r/',
    'function f(a: { b: c }): { d: e } {} /r/',
    'do /r/.test(a); while (b)',
    // oxlint-disable-next-line no-template-curly-in-string
    '`${/r/}`',
  ];
  for (const source of beginsRegExp) {
    test(`begins a regular expression in ${JSON.stringify(source)}`, () => {
      assert.deepEqual(regexps(source.replaceAll('/r/', '/[/`]\\/}"/gu')), ['/[/`]\\/}"/gu']);
    });
  }

  const divides = [
    'a / b / c',
    'a++ / b / c',
    'a-- / b / c',
    '1 / b / c',
    "'a' / b / c",
    '`a` / b / c',
    '/a/g / b / c',
    '(a) / b / c',
    'f(a) / b / c',
    'a[0] / b / c',
    'x = {} / b / c',
    'x = { a: {} } / b / c',
    'x = function () {} / b / c',
    'x = async function () {} / b / c',
    'x = class {} / b / c',
    'x = class A extends B {} / b / c',
    '(function () {} / b / c)',
    'a.return / b / c',
    'a?.typeof / b / c',
    'a.if(b) / c / d',
    'this / b / c',
    'a! / b / c',
    'return {} / b / c',
    'a ? b : {} / b / c',
    'x = { if() {} } / b / c',
    'x = { function() {}, class: 1 } / b / c',
    'x = `${{}}` / b / c',
    'a.of / b / c',
    'of / b / c',
    'x = { a() {}, get b() {}, c } / d / e',
    'a / b]\n/ c',
  ];
  for (const source of divides) {
    test(`divides in ${JSON.stringify(source)}`, () => {
      assert.equal(regexps(source).length, source.startsWith('/') ? 1 : 0);
    });
  }

  test('without another one on its line begins nothing', () => {
    assert.deepEqual(regexps('x = /a\n b/'), []);
    assert.deepEqual(regexps('<div>a</div>; <p>b</p>'), []);
  });
});

test('a bracket knows what it opens', () => {
  const table: readonly (readonly [string, string])[] = [
    ['if (a) { b }', 'control block'],
    ['function f(a) { ({}); {} }', 'group function group object block'],
    [
      'class A { a() {} static {} b = {}; get c() {} }',
      'class group function function object group function',
    ],
    ['class A { x = 1\n y() {} }', 'class group function'],
    ['class A { a(): void {} b(): { c: d } {} }', 'class group function group object function'],
    ['class A extends (class {}) { a() {} }', 'group class class group function'],
    ['class A extends class B {} {}', 'class class'],
    [
      'x = { a() {}, if(b) {}, function() {}, async *[c]() {} }',
      'object group function group function group function group group function',
    ],
    ['(a) => { {} }', 'group arrow block'],
    ['(a) => ({})', 'group group object'],
    ['const { a } = b, { c } = d', 'object object'],
    ['f()\n{ a }', 'group block'],
    ['return\n{ a }', 'block'],
    ['switch (a) { case 1: { b } default: { c } }', 'control block block block'],
    ['try {} catch {} finally {}', 'block block block'],
    ['try {} catch (e) {} ', 'block control block'],
    ['do {} while (a)', 'block control'],
    ['function f(): a\nfunction f(): a {}\ntry {}', 'group group function block'],
    ['a.catch(b)', 'group'],
    // oxlint-disable-next-line no-template-curly-in-string
    ['`${a}${{}}`', 'template object'],
  ];
  for (const [source, expected] of table) {
    assert.equal(roles(source).join(' '), expected, source);
  }
});

test('any text at all becomes tokens in order, and brackets that belong together', () => {
  const part = fc.constantFrom(
    ...'` ${ } { ( ) [ ] / /* */ // " \' \\ \\u \\u{ # a if class function => : ; ? . 1e < > \n'.split(
      ' ',
    ),
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(part, { maxLength: 30 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(
      text,
      fc.constantFrom('block' as const, 'object' as const),
      (source, surroundings) => {
        let end = 0;
        const tokens = tokenize(source, surroundings);
        for (const [index, token] of tokens.entries()) {
          assert.ok(token.start >= end && token.end > token.start && token.end <= source.length);
          end = token.end;
          if (token.partner >= 0) assert.equal(tokens[token.partner]!.partner, index);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
