/** Programs of a few lines, in a folder of their own with this package installed. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeFolder } from './process-pool.js';

const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url));
/** Its only purpose is to turn a hang into a failure. */
const LIMIT = 60_000;

export interface Run {
  readonly flags?: readonly string[];
  /** The arguments after the flags; default: none, so that Node reads standard input. */
  readonly script?: string;
  readonly args?: readonly string[];
  readonly stdin?: string;
  /** Lines, each written when it prompts for one. */
  readonly answers?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export interface Printed {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @returns a folder with these files, ES modules unless their names say otherwise. */
export function makeProgramFolder(
  t: TestContext,
  files: Readonly<Record<string, string>> = {},
): string {
  const folder = makeFolder(t);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(resolve(PACKAGE), join(folder, 'node_modules/concurrent-futures'), 'junction');
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', main: 'main.js' }));
  for (const [name, source] of Object.entries(files)) writeFileSync(join(folder, name), source);
  return folder;
}

/** Runs Node there, without the arguments and variables of this process. */
export async function runNode(folder: string, run: Run): Promise<Printed> {
  const { flags = [], script, args = [], stdin = '', answers, env = {} } = run;
  const { NODE_V8_COVERAGE: _, NODE_OPTIONS: __, NODE_TEST_CONTEXT: ___, ...own } = process.env;
  const child = spawn(
    process.execPath,
    [...flags, ...(script === undefined ? [] : [script]), ...args],
    {
      cwd: folder,
      env: { ...own, ...env },
      stdio: 'pipe',
      timeout: LIMIT,
      killSignal: 'SIGKILL',
    },
  );
  if (answers === undefined) child.stdin.end(stdin);
  else answerPrompts(child, answers);
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: child.exitCode, stdout, stderr };
}

function answerPrompts(
  { stdin, stdout }: ChildProcessWithoutNullStreams,
  answers: readonly string[],
): void {
  const left = [...answers];
  let heard = '';
  stdout.on('data', (chunk: Buffer) => {
    heard += String(chunk);
    if (!heard.endsWith('> ')) return;
    heard = '';
    stdin.write(`${left.shift() ?? '.exit'}\n`);
  });
}

/** The values that were printed as lines of JSON to standard output. */
export function printed({ stdout }: Printed): unknown[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

/** Node's flag for its permission model, which was experimental up to 22.12. */
export const permissionFlag =
  major > 22 || (major === 22 && minor >= 13) ? '--permission' : '--experimental-permission';
