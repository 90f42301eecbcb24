/** Programs that a user may pass instead of Node by mistake: shell scripts, removed when the test is over. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makeFolder } from './process-pool.js';

/** The reason for skipping a test that needs them; false if there is none. */
export const noScripts: string | false =
  process.platform === 'win32' ? 'a script is no program there' : false;

/** Waits until its parent is gone, so that no test leaves one behind. */
export const waitForEver = 'exec cat <&5';

/** @returns the path of the program. */
export function makeProgram(t: TestContext, ...lines: string[]): string {
  const path = join(makeFolder(t), 'program');
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });
  return path;
}
