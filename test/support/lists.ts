/** Lists of numbers to which tasks of any kind of worker add: files, removed when the test is over. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface AfterHook {
  after(fn: () => void): void;
}

/** Makes an empty list. @returns its path. */
export function makeList(t: AfterHook): string {
  const folder = mkdtempSync(join(tmpdir(), 'concurrent-futures-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const list = join(folder, 'list');
  writeFileSync(list, '');
  return list;
}

/** The numbers in such a list. */
export function listed(list: string): number[] {
  return readFileSync(list, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}
