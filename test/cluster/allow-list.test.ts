/** Patterns of modules that a host may load. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { allowList } from '#dist/cluster/allow-list.js';

const table: readonly (readonly [pattern: string, yes: string, no: string])[] = [
  [
    'src/jobs/**',
    'root:src/jobs/a.js root:src/jobs/b/c.js root:src/jobs/.a',
    'root:src/jobs.js root:src/jobsx/a.js root:src/a.js package:src/jobs/a.js root:lib/src/jobs/a.js',
  ],
  ['root:src/*.js', 'root:src/a.js root:src/.js', 'root:src/a/b.js root:src/a.jsx root:src/a_js'],
  ['./src/a.js', 'root:src/a.js', 'root:src/b.js root:a.js'],
  ['**', 'root:a.js root:b/c.js', 'package:a/b.js node:fs'],
  ['**/*.job.js', 'root:a.job.js root:b/c/d.job.js', 'root:job.js root:a.job.jsx'],
  [
    'a/**/b/**/c.js',
    'root:a/b/c.js root:a/b/x/b/y/c.js root:a/x/b/c.js',
    'root:a/c.js root:b/c.js',
  ],
  ['**/a/**/b.js', 'root:a/b.js root:x/a/y/b.js root:a/x/a/b.js', 'root:a/x/c.js root:b.js'],
  ['*a*b*.js', 'root:ab.js root:xaxbx.js root:aabb.js root:ba.bb.js', 'root:ba.js root:ab.ts'],
  ['src/?.js', 'root:src/a.js root:src/😀.js', 'root:src/ab.js root:src/.js root:src//.js'],
  ['{src,lib}/{a,b/**}/x.js', 'root:src/a/x.js root:lib/b/c/x.js', 'root:src/c/x.js root:lib/x.js'],
  ['a{b,c{d,e}}.js', 'root:ab.js root:acd.js root:ace.js', 'root:ac.js root:acb.js root:a.js'],
  ['a{,b}.js', 'root:a.js root:ab.js', 'root:b.js'],
  [
    '{src,package:@acme}/**',
    'root:src/a.js package:@acme/a/b.js',
    'root:@acme/a/b.js package:src/a',
  ],
  ['package:@acme/**', 'package:@acme/a/b.js', 'package:@acmex/a/b.js package:acme/a/b.js'],
  ['package:a/**', 'package:a/b.js package:a/node_modules/c/d.js', 'package:ab/c.js root:a/b.js'],
  ['package:*/index.js', 'package:a/index.js', 'package:@acme/a/index.js package:a/lib/index.js'],
  ['package:**', 'package:a/b.js package:@acme/a/b.js', 'root:a/b.js node:fs'],
  ['node:crypto', 'node:crypto', 'node:cryptox root:crypto node:crypto/x'],
  ['node:{fs,path}', 'node:fs node:path', 'node:os node:fs/promises'],
  ['node:fs/*', 'node:fs/promises', 'node:fs'],
  ['src/[id].js', 'root:src/[id].js', 'root:src/i.js'],
  ['src/a+(b).js', 'root:src/a+(b).js', 'root:src/ab.js root:src/aab.js'],
  ['a.js', 'root:a.js?v=1 root:a.js#x root:a.js?x=../../y', 'root:a.js%3Fv=1 root:axjs'],
  ['50% #1?.js', 'root:50%25 %231%3F.js root:50%25 %231x.js', 'root:50%25 %23.js'],
  ['src/**', 'root:src/a.js', 'root:src/../lib/a.js root:src/b/../../a.jsroot:lib/src'],
  ['**', 'root:a/b.js', 'root:node_modules/a/b.js root:apps/one/node_modules/a/b.js'],
  ['apps/*/a/b.js', 'root:apps/one/a/b.js', 'root:apps/node_modules/a/b.js'],
  ['global:console.*', 'global:console.log', 'global:fetch root:console.log global:consolex'],
  [
    'apps/node_modules/**',
    'root:apps/node_modules/a/b.js',
    'root:apps/node_modules/a/node_modules/b/c',
  ],
];

suite('patterns', () => {
  for (const [pattern, yes, no] of table) {
    test(pattern, () => {
      const allows = allowList([pattern]);
      for (const name of yes.split(/ (?=\w+:|src)/)) assert.ok(allows(name), name);
      for (const name of no.split(/ (?=\w+:|src)/)) assert.ok(!allows(name), name);
    });
  }

  test('none allows all that is installed, and nothing that reaches further', () => {
    const allows = allowList([]);
    for (const name of ['root:a.js', 'package:a/b.js']) assert.ok(allows(name));
    for (const name of ['node:fs', 'global:fetch']) assert.ok(!allows(name));
  });

  test('none allows everything, where it is to', () => {
    const allows = allowList([], true);
    for (const name of ['root:a.js', 'package:a/b.js', 'node:fs', 'global:fetch'])
      assert.ok(allows(name));
  });

  test('several allow what any of them does', () => {
    const allows = allowList(['src/*.js', 'node:fs']);
    assert.deepEqual(
      ['root:src/a.js', 'node:fs', 'node:os', 'root:a.js'].map((name) => allows(name)),
      [true, true, false, false],
    );
  });

  test('match as regular expressions of the same meaning do', () => {
    const segment = fc.array(fc.constantFrom('a', 'b', '*', '?'), { minLength: 1, maxLength: 6 });
    const name = fc.array(
      fc
        .array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 6 })
        .map((all) => all.join('')),
      { minLength: 1, maxLength: 5 },
    );
    const pattern = fc
      .array(
        fc.oneof(
          segment.map((all) => all.join('').replaceAll(/\*+/g, '*')),
          fc.constant('**'),
        ),
        {
          minLength: 1,
          maxLength: 5,
        },
      )
      .map((all) => all.join('/'));
    fc.assert(
      fc.property(pattern, name, (text, segments) => {
        const source = `/${text}`
          .replaceAll('/**', '(?:<[^<]+)!')
          .replaceAll('/', '<')
          .replaceAll('*', '[^<]*')
          .replaceAll('?', '[^<]')
          .replaceAll('([^<]:', '(?:')
          .replaceAll('!', '*');
        const expected = new RegExp(`^${source}$`).test(`<${segments.join('<')}`);
        assert.equal(allowList([text])(`root:${segments.join('/')}`), expected, source);
      }),
    );
  });

  test('take no longer than both are long', () => {
    const allows = allowList([`${'**/a/'.repeat(30)}b`, `${'*a'.repeat(30)}b`]);
    assert.ok(!allows(`root:${'a/'.repeat(2000)}c`));
    assert.ok(!allows(`root:${'a'.repeat(4000)}c`));
  });
});

suite('what is no pattern', () => {
  const ranges: readonly (readonly [string, RegExp])[] = [
    ['', /plain path/],
    ['/etc/**', /plain path/],
    ['../src/**', /plain path/],
    ['src/../lib', /plain path/],
    ['src//a.js', /plain path/],
    ['src/', /plain path/],
    ['root:', /plain path/],
    ['src/{a,..}/b.js', /plain path/],
    ['src\\a.js', /with \/ between/],
    ['C:\\src', /with \/ between/],
    ['!src/**', /nothing can be excepted/],
    ['src/**.js', /between slashes/],
    ['src/a**', /between slashes/],
    ['src/***', /between slashes/],
    ['src/{a,b', /closes each/],
    ['src/a}', /closes each/],
    ['src/}a{', /closes each/],
    ['{a,b}'.repeat(12), /at most 1000/],
    ['file:///src/**', /begin with package:, node: or global:/],
    ['packages:a/**', /begin with package:, node: or global:/],
    ['package:sharp', /such as package:sharp\/\*\*/],
    ['package:@acme/a', /such as package:@acme\/a\/\*\*/],
    ['package:@acme', /such as package:@acme\/\*\*/],
  ];
  for (const [pattern, says] of ranges) {
    test(`'${pattern}'`, () => {
      assert.throws(
        () => allowList(['src/**', pattern]),
        (error: RangeError & { code?: string }) => {
          assert.ok(error instanceof RangeError);
          assert.equal(error.code, 'ERR_INVALID_ARG_VALUE');
          assert.match(error.message, /^allow\[1\] must be a/);
          assert.match(error.message, says);
          return true;
        },
      );
    });
  }

  test('something that is no text, or no list', () => {
    const given = allowList as unknown as (patterns: unknown) => unknown;
    assert.throws(() => given([1]), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    assert.throws(() => given(['a', null]), { message: /^allow\[1\] must be a pattern such as/ });
    assert.throws(() => given('src/**'), { name: 'TypeError', message: /^allow must be an array/ });
  });
});
