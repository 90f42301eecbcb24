/**
 * `npm run fuzz:records -- --count 5000000 --seed n --side host,submitter`: records as they lie in Redis, changed at
 * random, read as hosts and submitters read them.
 *
 * Each is read, or refused by an error that says so. Nothing else is thrown, none takes long or much memory, memory stays
 * where it is, and the language's own objects are what they were. What does not hold is a finding, which is printed with its
 * record. The exit code is 1 if there was one.
 */
import { sides } from './record-kinds.mjs';
import { readRecordOptions, usage } from './record-options.mjs';
import { RecordRun } from './record-run.mjs';
import { UsageError } from './usage-error.mjs';

async function main() {
  // Records of hosts that are not listed are told as warnings, and here there are thousands.
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
