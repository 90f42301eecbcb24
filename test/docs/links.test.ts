/** Links between the pages of the repository lead somewhere, and those of published pages to what is published. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { anchorsOf, linksOf, pathsOf } from '../support/links.js';
import { findPages, readPage } from '../support/pages.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const pages = findPages();

/** What npm publishes without being told. */
const ALWAYS = ['README.md', 'LICENSE', 'package.json'];
const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly files: readonly string[];
};

function isPublished(path: string): boolean {
  return [...ALWAYS, ...files].some((each) => path === each || path.startsWith(`${each}/`));
}

/** Where a link leads: a path from the root, and an anchor. */
function resolved(
  page: string,
  target: string,
): { readonly path: string; readonly anchor: string } {
  const [path = '', anchor = ''] = target.split('#');
  return { path: path === '' ? page : posix.join(posix.dirname(page), path), anchor };
}

test('the pages of the repository are found', () => {
  for (const page of ['README.md', 'ARCHITECTURE.md', 'docs/guide/cluster.md', 'docs/parity.md'])
    assert.ok(pages.includes(page), page);
});

for (const page of pages) {
  test(`the links of ${page} lead somewhere`, () => {
    const broken = linksOf(readPage(page)).filter(({ target }) => {
      const { path, anchor } = resolved(page, target);
      if (path.startsWith('..') || !existsSync(join(ROOT, path))) return true;
      return anchor !== '' && !anchorsOf(readPage(path)).has(anchor);
    });
    assert.deepEqual(
      broken.map(({ line, target }) => `${page}:${line}: ${target}`),
      [],
    );
  });
}

/** Folders that a user's program hardly has, and those that it may have. */
const FOLDERS = ['docs', 'benchmarks', 'examples', 'fuzz', 'loaders', 'runtimes', 'scripts'];
const COMMON_FOLDERS = ['src', 'test'];
/** Pages for contributors leave `src/` and `test/` out: `thread/layout.ts`. */
const ROOTS = ['.', 'src', 'test'];
const sourceFolders = readdirSync(join(ROOT, 'src'));

for (const page of pages) {
  test(`the files that ${page} names are there`, () => {
    const isForUsers = /^(README|CHANGELOG|docs\/guide)/.test(page);
    const folders = isForUsers ? FOLDERS : [...FOLDERS, ...COMMON_FOLDERS, ...sourceFolders];
    const roots = isForUsers ? ['.'] : ROOTS;
    const missing = pathsOf(readPage(page), folders).filter(
      ({ target }) => !roots.some((root) => existsSync(join(ROOT, root, target))),
    );
    assert.deepEqual(
      missing.map(({ line, target }) => `${page}:${line}: ${target}`),
      [],
    );
  });
}

for (const page of pages.filter(isPublished)) {
  test(`the links of ${page}, which is published, lead to what is published`, () => {
    const outside = linksOf(readPage(page)).filter(
      ({ target }) => !isPublished(resolved(page, target).path),
    );
    assert.deepEqual(
      outside.map(({ line, target }) => `${page}:${line}: ${target}`),
      [],
    );
  });
}
