const { cases } = require('./cases.js');
const { runAll } = require('./run.js');

test('functions get to workers', async () => {
  const results = await runAll(cases);
  process.stdout.write(`${JSON.stringify(results)}\n`);
}, 60_000);
