/**
 * What fails is run a second time, on a machine that is busier than the first time.
 *
 * On a busy machine one test of thousands may meet a limit that is only there to turn a hang into a failure. What
 * passes the second time does not stop a change, and is told: it is to be looked at. The second time is under load
 * because a race that has failed among other tests is won on an idle machine, and nothing would be learnt from that.
 */
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { underLoad } from './load.mjs';
import { failedFiles, mergeOutcomes } from './outcomes.mjs';
import { sourceOf } from './suite.mjs';

/** More than these are no accident. */
const MOST = 3;
/** What needed a second run since `.ci/run` began: a line of JSON each. */
const NOTES = 'build/second-runs.jsonl';

/**
 * @param run - runs the files that it is given, and is told which time it is; returns `code`, `outcomes` and `cutShort`.
 * @returns what it has returned. If there was a second run, `outcomes` are of both, the other two of the second, and
 *   `again` says what became of the files.
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

/** Keeps for the end what needed a second run. @param where - if it was not the Node that runs this. */
export function noteSecondRuns(again = [], where = '') {
  for (const { file, passed } of again) {
    const what = `${sourceOf(file)}${where}`;
    appendFileSync(NOTES, `${JSON.stringify({ what, passed })}\n`);
  }
}

/** What needed a second run since this was asked last, in a line. */
export function tellSecondRuns() {
  let text = '';
  try {
    text = readFileSync(NOTES, 'utf8');
  } catch {
    // Nothing has.
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
