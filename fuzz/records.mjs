/**
 * `npm run fuzz:records -- --count 5000000 --seed n --side host,submitter`: records as they lie in Redis, changed at
 * random, read like hosts and submitters read them.
 *
 * Each record must be read, or refused by one of the library's errors. No other error is thrown, none takes long or
 * much memory, memory does not grow, and the language's own objects stay unchanged. A violation is a finding, which is
 * printed with its record, and sets the exit code to 1.
 */
import { sides } from './record-kinds.mjs';
import { readRecordOptions, usage } from './record-options.mjs';
import { RecordRun } from './record-run.mjs';
import { UsageError } from './usage-error.mjs';

async function main() {
  // Unlisted records of hosts cause warnings, and here there are thousands.
  process.removeAllListeners('warning');
  const options = readRecordOptions(process.argv.slice(2));
  if (options.help === true) return console.log(usage);
  for (const name of options.names) {
    const run = new RecordRun(name, sides[name](), options);
    await run.run();
    console.log(run.summary());
    if (run.findings > 0) process.exitCode = 1;
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
