/** Runs a fixture as a program of its own: for tests of exit codes, output, and garbage collection. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TestBackend } from './backends.js';

export interface ProcessEnd {
  readonly code: number | string | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Far more than any fixture needs on a busy machine, and less than the limit of a test file. */
const LIMIT = 100_000;

/** @param fixture - its file name without the extension. */
export function runFixture(fixture: string, ...args: string[]): Promise<ProcessEnd> {
  return run(fixture, args, {});
}

/** Runs a fixture that uses an executor of this kind. */
export async function runFixtureOn(
  t: TestContext,
  { name, serve }: TestBackend,
  fixture: string,
  ...args: string[]
): Promise<ProcessEnd> {
  return run(fixture, [name, ...args], (await serve?.(t)) ?? {});
}

function run(
  fixture: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<ProcessEnd> {
  const file = fileURLToPath(new URL(`../fixtures/${fixture}.js`, import.meta.url));
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--expose-gc', file, ...args],
      { timeout: LIMIT, killSignal: 'SIGKILL', env: { ...process.env, NODE_OPTIONS: '', ...env } },
      (_error, stdout, stderr) => {
        resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr });
      },
    );
  });
}

/** Asserts that the objects of these cases of the fixture `collects` can be collected. */
export async function assertCollected(...cases: string[]): Promise<void> {
  const ends = await Promise.all(cases.map((each) => runFixture('collects', each)));
  for (const [index, { stdout, stderr, code }] of ends.entries()) {
    assert.deepEqual(
      { case: cases[index], stdout, stderr, code },
      { case: cases[index], stdout: 'collected\n', stderr: '', code: 0 },
    );
  }
}
