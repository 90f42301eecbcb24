/**
 * `npm test -- [pattern…] [--node-flag…]`: runs the compiled tests whose path contains a pattern.
 *
 * Flags go to Node as they are: `npm test -- future --test-name-pattern=cancel`. Where `CI` is set, a few files that
 * fail are run once more by themselves; both runs are told.
 */
import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { runSuite, testFiles, worthRepeating } from './suite.mjs';
import { withRedis } from './with-redis.mjs';

const LOG = 'build/test.log';

const given = process.argv.slice(2);
const flags = given.filter((argument) => argument.startsWith('-'));
const patterns = given.filter((argument) => !argument.startsWith('-'));
const files = testFiles(patterns);

process.exitCode = await withRedis(files, process.env.CI ? runTwice : run);

function run(env) {
  return runSuite(process.execPath, files, { flags, env });
}

async function runTwice(env) {
  // The suite names a reporter for the terminal; beside a second one, Node has to be told where each writes.
  const logged = ['--test-reporter-destination=stdout', '--test-reporter=spec'];
  const toLog = [...flags, ...logged, `--test-reporter-destination=${LOG}`];
  const code = await runSuite(process.execPath, files, { flags: toLog, env });
  if (code === 0) return 0;
  const again = worthRepeating(stripVTControlCharacters(readFileSync(LOG, 'utf8')), files);
  if (again.length === 0) return code;
  console.log(`\nAgain, by themselves: ${again.join(', ')}\n`);
  return runSuite(process.execPath, again, { flags, env });
}
