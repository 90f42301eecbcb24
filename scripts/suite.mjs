/**
 * How the compiled test suite is run, for whichever Node runs it.
 *
 * Node 20 takes no globs for `--test`, so the files are listed here. Up to Node 22 `--test-timeout`
 * limits a whole file; from 24 on it limits single tests and never ends a file that blocks or that
 * holds its process open. Hence the limit on the run besides: a suite that hangs has to fail.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const FOLDER = 'build/test';
const TEST_LIMIT = 120_000;
const RUN_LIMIT = 10 * 60_000;
const GRACE = 5_000;
const MOST_AGAIN = 3;

/** The compiled test files whose path contains one of `patterns`; all of them if there is none. */
export function testFiles(patterns) {
  return readdirSync(FOLDER, { recursive: true })
    .map((file) => join(FOLDER, file))
    .filter((file) => file.endsWith('.test.js'))
    .filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)))
    .toSorted();
}

/**
 * The files whose tests have failed, if these are few, from what the reporter has printed: below a heading it
 * repeats each failure. On a busy machine one test of thousands may meet a limit that only turns a hang into a failure;
 * what fails among all the others and not by itself is told, and does not stop a change. More than a few is no accident.
 */
export function worthRepeating(text, files) {
  const start = Math.max(0, text.indexOf('✖ failing tests:'));
  const failed = files.filter((file) => text.includes(`test at ${file}:`, start));
  return failed.length <= MOST_AGAIN ? failed : [];
}

/**
 * Runs `files` with the Node at `node`, with `env` added to the environment.
 * @returns the exit code, which is never 0 if the run was cut short.
 */
export async function runSuite(node, files, { flags = [], stdio = 'inherit', env = {} } = {}) {
  // Given no files, Node would go and look for some by itself.
  if (files.length === 0) {
    console.error(`No compiled test file in ${FOLDER} matches.`);
    return 1;
  }
  const runner = spawn(
    node,
    [
      '--expose-gc',
      '--test',
      '--test-reporter=spec',
      `--test-concurrency=${Math.min(4, availableParallelism())}`,
      `--test-timeout=${TEST_LIMIT}`,
      ...flags,
      ...files,
    ],
    { stdio, env: { ...process.env, ...env } },
  );
  const stop = (signal) => runner.kill(signal);
  process.on('SIGINT', stop).on('SIGTERM', stop);
  // SIGTERM has the runner end its test processes and say which files were still running.
  const limit = setTimeout(() => {
    console.error(`The test run is ended: it took more than ${RUN_LIMIT / 60_000} minutes.`);
    stop('SIGTERM');
  }, RUN_LIMIT);
  const lastResort = setTimeout(stop, RUN_LIMIT + GRACE, 'SIGKILL');

  return new Promise((resolve, reject) => {
    runner.on('error', reject);
    runner.on('exit', (code) => {
      clearTimeout(limit);
      clearTimeout(lastResort);
      process.off('SIGINT', stop).off('SIGTERM', stop);
      resolve(code ?? 1);
    });
  });
}
