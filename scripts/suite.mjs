/**
 * Runs the compiled test suite on any Node.
 *
 * Node 20 accepts no globs for `--test`, so the files are listed here. Up to Node 22 `--test-timeout` limits a whole
 * file; from 24 on it limits single tests and never ends a file that blocks or keeps its process alive. So the run has
 * a limit as well: a suite that hangs must fail.
 */
import { spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { readOutcomes } from './outcomes.mjs';

const FOLDER = 'build/test';
const TEST_LIMIT = 120_000;
const RUN_LIMIT = 25 * 60_000;
const GRACE = 5_000;

/** The compiled test files whose path contains one of `patterns`; all of them if there is none. */
export function testFiles(patterns) {
  return readdirSync(FOLDER, { recursive: true })
    .map((file) => join(FOLDER, file))
    .filter((file) => file.endsWith('.test.js'))
    .filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)))
    .toSorted();
}

/** The source of a compiled test. */
export function sourceOf(file) {
  return file.replace(/^build\//, '').replace(/\.js$/, '.ts');
}

/**
 * Runs `files` with the Node at `node`, with `env` added to the environment.
 *
 * @param options - `outcomes` is the path of a file for the outcomes of tests, which are then returned; `patience`
 *   multiplies the time limit of a test.
 * @returns `code`, the exit code, which is never 0 if the run was cut short; `cutShort`; `outcomes`.
 */
export async function runSuite(node, files, options = {}) {
  const { flags = [], stdio = 'inherit', env = {}, outcomes, patience = 1 } = options;
  // Without files Node would search for some by itself.
  if (files.length === 0) {
    console.error(`No compiled test file in ${FOLDER} matches.`);
    return { code: 1, cutShort: true, outcomes: [] };
  }
  let cutShort = false;
  if (outcomes !== undefined) rmSync(outcomes, { force: true });
  const runner = spawn(
    node,
    [
      '--expose-gc',
      '--test',
      '--test-reporter=spec',
      ...(outcomes === undefined ? [] : reporting(outcomes)),
      `--test-concurrency=${Math.min(4, availableParallelism())}`,
      `--test-timeout=${TEST_LIMIT * patience}`,
      ...flags,
      ...files,
    ],
    { stdio, env: { ...process.env, ...env } },
  );
  const stop = (signal) => {
    cutShort = true;
    runner.kill(signal);
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  // SIGTERM makes the runner end its test processes and print the files that were still running.
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
      resolve({
        code: code ?? 1,
        cutShort: cutShort || code === null,
        outcomes: outcomes === undefined ? [] : readOutcomes(outcomes),
      });
    });
  });
}

/** With a second reporter, Node needs a destination for each. */
function reporting(file) {
  return [
    '--test-reporter-destination=stdout',
    '--test-reporter=./scripts/outcome-reporter.mjs',
    `--test-reporter-destination=${file}`,
  ];
}
