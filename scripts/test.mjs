/**
 * `npm test -- [pattern…] [--node-flag…]`: runs the compiled tests whose path contains a pattern.
 *
 * Flags go to Node as they are: `npm test -- future --test-name-pattern=cancel`.
 */
import { runSuite, testFiles } from './suite.mjs';
import { withRedis } from './with-redis.mjs';

const given = process.argv.slice(2);
const flags = given.filter((argument) => argument.startsWith('-'));
const patterns = given.filter((argument) => !argument.startsWith('-'));
const files = testFiles(patterns);

process.exitCode = await withRedis(files, (env) =>
  runSuite(process.execPath, files, { flags, env }),
);
