/** Modules that a test writes itself: of kinds that the compiler does not make, or in odd places. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { makeFolder } from './process-pool.js';

/** Functions of modules without types. */
export type LooseModule = Record<string, (...args: unknown[]) => unknown>;

/** @returns the folder that contains them until the test is over. */
export function writeModules(t: TestContext, files: Record<string, string>): string {
  const folder = makeFolder(t);
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
}

/** Writes one module, and imports it. */
export async function importText(
  t: TestContext,
  name: string,
  text: string,
): Promise<{ readonly module: LooseModule; readonly url: string; readonly file: string }> {
  const file = join(writeModules(t, { [name]: text }), name);
  const url = pathToFileURL(file).href;
  return { module: (await import(url)) as LooseModule, url, file };
}
