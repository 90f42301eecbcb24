/** Helpers of the tests of worker processes that ask the system. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type ProcessPoolOptions, ProcessPoolExecutor } from 'concurrent-futures';
import { closeAfter } from './held.js';

/** A pool that is shut down when the test is over. */
export function processPool(t: TestContext, options?: ProcessPoolOptions): ProcessPoolExecutor {
  return closeAfter(t, new ProcessPoolExecutor(options));
}

/** True if the process exists, or has ended without being waited for. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A folder, removed when the test is over unless the test itself does it. */
export function makeFolder(t: TestContext): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'concurrent-futures-')));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Resolves when `holds` is true: for states that a pool shows in `stats()` only. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}
