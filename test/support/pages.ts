/** The Markdown files of the repository, without those of installed packages and of what was built. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SKIPPED = new Set(['node_modules', 'build', 'dist', '.git', '.size-limit', 'results']);

/** Paths from the root of the repository, with slashes. */
export function findPages(folder = ''): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter(({ name }) => !SKIPPED.has(name))
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return findPages(path);
      return entry.name.endsWith('.md') ? [path] : [];
    })
    .toSorted();
}

export function readPage(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
