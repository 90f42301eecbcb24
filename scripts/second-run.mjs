/**
 * Runs failed files a second time, on a busier machine.
 *
 * On a busy machine one test of thousands may reach a limit that only turns a hang into a failure. A file that passes
 * the second time does not stop a change, but is reported, and must be examined. The second run is under load, because
 * a race that was lost among other tests is won on an idle machine, and would show nothing.
 */
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { underLoad } from './load.mjs';
import { failedFiles, mergeOutcomes } from './outcomes.mjs';
import { sourceOf } from './suite.mjs';

/** More failed files than these are not an accident. */
const MOST = 3;
/** The files that needed a second run since `.ci/run` began: a line of JSON each. */
const NOTES = 'build/second-runs.jsonl';

/**
 * @param run - runs the given files; its second argument is the number of the run; returns `code`, `outcomes` and
 *   `cutShort`.
 * @returns its result. After a second run `outcomes` has both, the other two are of the second, and `again` has the
 * results of the files.
 */
export async function runTwice(files, run) {
  const first = await run(files, 1);
  const failed = failedFiles(first.outcomes);
  if (first.code === 0 || first.cutShort || failed.length === 0) return first;
  if (failed.length > MOST) {
    console.log(`\nToo many files have failed to be run again: ${failed.join(', ')}`);
    return first;
  }
  console.log(`\nAgain, under load: ${failed.join(', ')}\n`);
  const second = await underLoad(() => run(failed, 2));
  const passed = second.outcomes.filter(
    ({ kind, outcome }) => kind === 'file' && outcome === 'passed',
  );
  return {
    ...second,
    outcomes: mergeOutcomes(first.outcomes, second.outcomes),
    again: failed.map((file) => ({ file, passed: passed.some((each) => each.file === file) })),
  };
}

/**
 * Records for the final report the files that needed a second run. @param where - set if it was another Node than the
 * one that runs this.
 */
export function noteSecondRuns(again = [], where = '') {
  for (const { file, passed } of again) {
    const what = `${sourceOf(file)}${where}`;
    appendFileSync(NOTES, `${JSON.stringify({ what, passed })}\n`);
  }
}

/** The files that needed a second run since the last call, in a line. */
export function tellSecondRuns() {
  let text = '';
  try {
    text = readFileSync(NOTES, 'utf8');
  } catch {
    // None did.
  }
  rmSync(NOTES, { force: true });
  const all = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  const names = (wanted) =>
    all
      .filter(({ passed }) => passed === wanted)
      .map(({ what }) => what)
      .join(', ');
  const parts = [`again under load: ${all.length} ${all.length === 1 ? 'file' : 'files'}`];
  if (names(true) !== '') parts.push(`passed then: ${names(true)}`);
  if (names(false) !== '') parts.push(`failed again: ${names(false)}`);
  return parts.join('; ');
}
