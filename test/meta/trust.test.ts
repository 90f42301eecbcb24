/** The page on trust and the tests of attacks: each attack has a test, and each test its row. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../../', import.meta.url);
const tests = new URL('test/cluster/', root);
const page = readFileSync(new URL('docs/design/trust.md', root), 'utf8');
const rows = Array.from(page.matchAll(/^\| (T\d+) \|.*$/gm), ([row, id = '']) => ({ id, row }));

test('each attack of the page has a test, and each test of an attack is on the page', () => {
  const titles = readdirSync(tests)
    .filter((file) => /^attacks-.*\.test\.ts$/.test(file))
    .map((file) => readFileSync(new URL(file, tests), 'utf8'))
    .flatMap((text) => Array.from(text.matchAll(/\btest\(\s*['"`](T\d+)\b/g), ([, id]) => id));
  const listed = rows.map(({ id }) => id);
  assert.ok(listed.length > 20, `only ${listed.join(', ')} were found`);
  assert.deepEqual(new Set(listed).size, listed.length);
  assert.deepEqual(new Set(titles), new Set(listed));
});

test('each attack is stopped somewhere: the files that its row names are there', () => {
  for (const { id, row } of rows) {
    const files = Array.from(row.matchAll(/`([\w-]+\/[\w-]+\.ts)`/g), ([, file = '']) => file);
    assert.notDeepEqual(files, [], id);
    const missing = files.filter((file) => !existsSync(new URL(`src/${file}`, root)));
    assert.deepEqual(missing, [], id);
  }
});
