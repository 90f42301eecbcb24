/** How examples are found in pages and doc comments, and what counts as printing what they say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  examplesOfPage,
  examplesOfSource,
  isAsSaid,
  linesSaid,
} from '../support/example-blocks.js';

const page = (...lines: string[]): string => lines.join('\n');

test('a block is found with its line, its language and whether it runs', () => {
  const text = page('# Title', '', '```ts', 'one();', '```', '```js check', 'two();', '```');
  const found = examplesOfPage('a.md', text);
  assert.deepEqual(
    found.map(({ line, language, runs, code }) => ({ line, language, runs, code })),
    [
      { line: 4, language: 'ts', runs: true, code: ['one();'] },
      { line: 7, language: 'js', runs: false, code: ['two();'] },
    ],
  );
});

test('blocks of other languages, and those that are no programs of this package, are left out', () => {
  const text = page(
    '```sh',
    'ls',
    '```',
    '```ts other',
    'pool.exec(fn);',
    '```',
    '```',
    'x',
    '```',
  );
  assert.deepEqual(examplesOfPage('a.md', text), []);
});

test('the comment directly above a block is its prelude', () => {
  const block = ['```ts', 'use(path);', '```'];
  const prelude = ['<!-- prelude', 'declare const path: string;', '-->'];
  const [near, far] = [page(...prelude, ...block), page(...prelude, '', ...block)];
  assert.deepEqual(examplesOfPage('a.md', near)[0]?.prelude, ['declare const path: string;']);
  assert.deepEqual(examplesOfPage('a.md', far)[0]?.prelude, []);
});

test('a word that means nothing, and a block without an end, are refused', () => {
  assert.throws(() => examplesOfPage('a.md', page('```ts chekc', '```')), /a\.md:1: 'chekc'/);
  assert.throws(() => examplesOfPage('a.md', page('', '```ts', 'one();')), /a\.md:2: .* no end/);
});

test('examples of a source file are those in its doc comments', () => {
  const text = page(
    '/** One line. */',
    'const template = `',
    '```ts',
    'no();',
    '```',
    '`;',
    'class A {',
    '  /**',
    '   * @example',
    '   * ```ts',
    '   * yes();',
    '   * ```',
    '   */',
    '  method() {}',
    '}',
  );
  const found = examplesOfSource('a.ts', text);
  assert.deepEqual(
    found.map(({ line, code }) => ({ line, code })),
    [{ line: 11, code: ['yes();'] }],
  );
});

test('an example says what it prints behind the statement that prints it', () => {
  const lines = linesSaid([
    "console.log('// no'); // yes",
    'for (const n of [1, 2]) console.log(n); // 1',
    '// 2',
    '',
    '// nothing',
    'future.addDoneCallback((f) => console.log(f)); // <Future …>',
  ]);
  assert.deepEqual(lines, ['yes', '1', '2', '<Future …>']);
});

test('a statement without a comment prints nothing, as far as an example says', () => {
  assert.deepEqual(linesSaid(['first();', 'console.log(1);', '', '// not this']), []);
});

test('a printed line is compared as a whole, and … stands for anything', () => {
  assert.ok(isAsSaid('[ 1, 2 ]', '[ 1, 2 ]'));
  assert.ok(isAsSaid('<Future #12 finished>', '<Future #… finished>'));
  assert.ok(!isAsSaid('12', '1'));
  assert.ok(!isAsSaid('1 2', '1…3'));
});
