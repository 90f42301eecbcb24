/** The reader of functions and modules says what a parser says, of all code that there is to be had. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { arbitraryCode } from '../support/arbitrary-code.ts';
import { compareReaders } from '../support/compare-readers.ts';
import { compareFiles } from '../support/reader-comparison.ts';

/** Each file of JavaScript below `node_modules` once, be it there several times, the shortest first. */
function installedFiles(): string[] {
  const folder = fileURLToPath(new URL('../../../node_modules/', import.meta.url));
  const files = new Map<string, readonly [file: string, length: number]>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.[cm]?js$/.test(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    const content = readFileSync(file);
    files.set(createHash('sha1').update(content).digest('base64'), [file, content.length]);
  }
  return [...files.values()].toSorted((a, b) => a[1] - b[1]).map(([file]) => file);
}

/** Whether the engine takes it too: a parser may be more generous. `import.meta` is for modules only. */
function compiles(text: string): boolean {
  try {
    return new Script(text.replaceAll('import.meta', 'imports.meta')) instanceof Script;
  } catch {
    return false;
  }
}

suite('the reader of JavaScript, compared with acorn', () => {
  test('says the same of every function and module that is installed', async (t) => {
    const files = installedFiles();
    // On a machine with much else to do it is the few longest ones that are left out.
    const done = await compareFiles(files, {
      threads: Math.min(availableParallelism(), 4),
      seconds: process.env['CF_LONG'] === undefined ? 30 : 3600,
    });
    t.diagnostic(
      `${done.compared} of ${files.length} files, ${done.functions} functions; not JavaScript: ${done.foreign.join(', ') || 'none'}`,
    );
    assert.deepEqual(done.differences, []);
    assert.ok(done.functions > 1000);
    assert.ok(done.foreign.length <= done.compared / 100);
  });

  test('says the same of functions made at random', () => {
    let functions = 0;
    for (let seed = 1; seed <= 3000; seed++) {
      const text = arbitraryCode(seed);
      const compared = compareReaders(text);
      if (!compared.isParsed || !compiles(text)) continue;
      assert.deepEqual(compared.differences, [], `seed ${seed}:\n${text}`);
      functions += compared.functions;
    }
    assert.ok(functions > 1500);
  });

  const tricky = [
    // An operator on a line of its own belongs to what comes behind it.
    '() => { ++a\n--b }',
    '() => { ++a /* c */\n++\nb }',
    '() => { a\n++b\n--c }',
    '() => { ++a // c\n--b.c\n++d }',
    '() => { `${a}`\n++b; `${++c}`\n--d }',
    '() => { a++\n(b) = 1 }',
    '() => { a--\n[b, c] = d }',
    '() => { a\n/* c */++b }',
    // Nothing can be done with what has just been declared.
    '() => { let a\n[b, c] = [c, b] }',
    '() => { var a, b\n(c) = 1 }',
    '() => { let a\n/b/g\n++c }',
    '() => { let a\n--b }',
    // Words that are statements by themselves.
    '() => { debugger\n(a) = 1 }',
    '() => { for (;;) { if (a) break\n(b) = 1 } }',
    '() => { x: for (;;) { continue x\n[a] = b } }',
    // Labels.
    '() => { if (a) x: { b; break x } }',
    '() => { a\nx: for (;;) break x }',
    '() => { do x: { a } while (b) }',
    '() => { x: y: { a } }',
    '() => { switch (a) { case b: x: c } }',
    '() => a ? b ? c : d : e',
    // Patterns.
    '() => { [(a), ((b))] = c }',
    '() => { ({ a: (b), c = d, e: f = g ? h : i, ...(j) } = k) }',
    '() => { [a = (b, c), d.e, f[g]] = h }',
    '() => { [[a, [b]], { c: [d] }] = e }',
    '() => { for ((a) of b); for ([(c)] of d); for ({ e } in f); for ((g) in h); }',
    '() => { for (a.b of c); for (a[b] in c); for (let of of d); }',
    'async () => { for await (async of a); for await ({ b } of c); }',
    '() => { for (async of => {};;) break; }',
    '() => { a ||= b; (c) &&= d; e ??= f; ((g)) **= h; i.j ||= k }',
    '() => { while (of / a / b); if (function of() {}); }',
    // Members of classes on lines of their own.
    'class A { a = b\n"c"\n1 = d;*e() {} }',
    'class A { static\na() {}\nget\nb() {}\nasync\n*c() {} }',
  ];
  for (const source of tricky) {
    test(JSON.stringify(source), () => {
      const { isParsed, differences } = compareReaders(`(${source})`);
      assert.ok(isParsed && compiles(`(${source})`));
      assert.deepEqual(differences, []);
    });
  }
});
