/** The README shows the example as it is, and names only what there is. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as library from 'concurrent-futures';
import * as cluster from 'concurrent-futures/cluster';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const readme = read('README.md');

for (const path of ['examples/hash-files.ts', 'examples/hash-file.ts']) {
  test(`the README shows ${path} as it is`, () => {
    assert.ok(readme.includes(read(path).trimEnd()), `${path} was changed, but not in the README`);
  });
}

test('links in the README and the architecture page lead somewhere', () => {
  for (const page of [readme, read('ARCHITECTURE.md')]) {
    for (const [, target = ''] of page.matchAll(/\]\(([^)#:]+)\)/g)) {
      assert.ok(existsSync(new URL(target, root)), `${target} is linked but not there`);
    }
  }
});

test('every public value is in the README', () => {
  const unmentioned = Object.keys({ ...library, ...cluster }).filter(
    (name) => !readme.includes(name),
  );
  assert.deepEqual(unmentioned, []);
});
