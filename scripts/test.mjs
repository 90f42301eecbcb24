/**
 * `npm test -- [pattern…] [--node-flag…]`: runs the compiled tests whose path contains a pattern.
 *
 * Flags are passed to Node: `npm test -- future --test-name-pattern=cancel`. If `CI` is set, a few failed files are run
 * once more, under load; both runs are reported, and the last line counts these files.
 */
import { summarize } from './outcomes.mjs';
import { noteSecondRuns, runTwice, tellSecondRuns } from './second-run.mjs';
import { runSuite, testFiles } from './suite.mjs';
import { withRedis } from './with-redis.mjs';

const OUTCOMES = 'build/outcomes.jsonl';

const given = process.argv.slice(2);
const flags = given.filter((argument) => argument.startsWith('-'));
const patterns = given.filter((argument) => !argument.startsWith('-'));
const files = testFiles(patterns);

process.exitCode = await withRedis(files, process.env.CI ? runInCi : run);
if (process.env.CI) console.log(tellSecondRuns());

async function run(env) {
  return (await runSuite(process.execPath, files, { flags, env })).code;
}

async function runInCi(env) {
  const began = performance.now();
  const { code, outcomes, again } = await runTwice(files, (these, time) =>
    runSuite(process.execPath, these, { flags, env, outcomes: OUTCOMES, patience: time }),
  );
  noteSecondRuns(again);
  // Node's last output is about the files of the second run alone.
  if (again !== undefined) {
    console.log('\nThe whole suite, with the second run of those files in place of the first:');
    console.log(summarize(outcomes, performance.now() - began));
  }
  return code;
}
