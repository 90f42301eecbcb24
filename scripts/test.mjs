/**
 * `npm test -- [pattern…] [--node-flag…]`: runs the compiled tests whose path contains a pattern.
 *
 * Flags go to Node as they are: `npm test -- future --test-name-pattern=cancel`. Where `CI` is set, a few files that
 * fail are run once more, under load; both runs are told, and the last line counts these files.
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
  // What Node has printed last is about the files of the second run alone.
  if (again !== undefined) {
    console.log('\nThe whole suite, with the second run of those files in place of the first:');
    console.log(summarize(outcomes, performance.now() - began));
  }
  return code;
}
