/** The outcome of each test of a run, as written by `outcome-reporter.mjs`. */
import { readFileSync } from 'node:fs';

/** The names by which Node counts outcomes, in the order in which it prints them. */
const COUNTED = {
  pass: 'passed',
  fail: 'failed',
  cancelled: 'cancelled',
  skipped: 'skipped',
  todo: 'todo',
};

/** @returns an empty list for a run without output, and the complete lines of one that was cut short. */
export function readOutcomes(path) {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // The run ended before it began.
  }
  // The rest after the last line end is half a line.
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

/** The test files with a failed test, or that have failed themselves. */
export function failedFiles(outcomes) {
  return outcomes
    .filter(({ kind, outcome }) => kind === 'file' && outcome === 'failed')
    .map(({ file }) => file)
    .toSorted();
}

/** The outcomes of `first`, with those of `second` for the tests of files that were run again. */
export function mergeOutcomes(first, second) {
  const again = new Set(second.filter(({ kind }) => kind === 'file').map(({ file }) => file));
  const kept = first.filter(({ file }) => !again.has(file));
  // A test that a helper has defined has the helper's file, whichever file called it.
  return [...new Map([...keyed(kept), ...keyed(second)]).values()];
}

function keyed(outcomes) {
  const times = new Map();
  return outcomes.map((each) => {
    const key = JSON.stringify([each.kind, each.file, each.suites, each.title]);
    const time = (times.get(key) ?? 0) + 1;
    times.set(key, time);
    return [`${key} ${time}`, each];
  });
}

/** Counts like Node. */
export function countOutcomes(outcomes) {
  const tests = outcomes.filter(({ kind }) => kind === 'test');
  const counts = {
    tests: tests.length,
    suites: outcomes.filter(({ kind }) => kind === 'suite').length,
  };
  for (const [name, outcome] of Object.entries(COUNTED))
    counts[name] = tests.filter((each) => each.outcome === outcome).length;
  return counts;
}

/** The lines with which Node's own reporter ends. */
export function summarize(outcomes, milliseconds) {
  const figures = { ...countOutcomes(outcomes), duration_ms: milliseconds };
  return Object.entries(figures)
    .map(([name, figure]) => `ℹ ${name} ${figure}`)
    .join('\n');
}
