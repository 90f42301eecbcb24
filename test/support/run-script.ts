/** Runs a fixture as the main module of a fresh process, for what can only be seen from outside. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface ScriptOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process that does not end by itself within this many milliseconds is killed: code `null`. */
const LIMIT = 20_000;

/** @param name - a file of test/fixtures, without its extension. */
export function runScript(
  name: string,
  args: readonly string[] = [],
  nodeFlags: readonly string[] = [],
): Promise<ScriptOutcome> {
  const file = fileURLToPath(new URL(`../fixtures/${name}.js`, import.meta.url));
  const env = { ...process.env };
  // Set by the test runner, and not meant for the processes of a test.
  delete env['NODE_TEST_CONTEXT'];
  delete env['NODE_OPTIONS'];
  const child = spawn(process.execPath, [...nodeFlags, file, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
