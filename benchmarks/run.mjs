/** The command: `npm run bench -- [--scenario a,b] [--rounds n] [--rivals a,b] [--json file] [--full] [--write]`. */
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runScenario } from './harness.mjs';
import { load, machineFacts } from './machine.mjs';
import { readme } from './readme.mjs';
import { scenarioReport, summaryReport } from './report.mjs';
import { loadScenario, scenarioNames } from './scenarios/index.mjs';

const { values: options } = parseArgs({
  options: {
    scenario: { type: 'string' },
    rounds: { type: 'string' },
    rivals: { type: 'string' },
    json: { type: 'string' },
    full: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

const names = options.scenario?.split(',') ?? scenarioNames;
const rounds = options.rounds === undefined ? undefined : Number(options.rounds);
check();

const facts = machineFacts();
const results = [];
const scenarios = [];
for (const name of names) {
  const scenario = await loadScenario(name);
  const began = performance.now();
  const result = await runScenario(name, {
    rounds,
    rivals: options.rivals?.split(','),
    full: options.full,
    onRound: (each, round) => progress(`${name}, ${each}, round ${round + 1}`),
  });
  progress('');
  scenarios.push(scenario);
  results.push(result);
  console.log(scenarioReport(result, scenario).join('\n'));
  console.error(`(${Math.round((performance.now() - began) / 1000)} s)\n`);
}
if (options.rivals !== 'none') {
  console.log(['## In short', '', ...summaryReport(results, scenarios)].join('\n'));
}
facts.loadAfter = load();
facts.rounds = rounds === undefined ? 'rounds as each scenario has them' : `${rounds} rounds`;
if (options.json !== undefined) {
  const path = resolve(process.env.INIT_CWD ?? '.', options.json);
  writeFileSync(path, `${JSON.stringify({ facts, results }, null, 2)}\n`);
}
if (options.write) {
  writeFileSync(new URL('./README.md', import.meta.url), readme(facts, results, scenarios));
}

function check() {
  const unknown = names.find((name) => !scenarioNames.includes(name));
  if (unknown !== undefined) {
    stop(`There is no scenario '${unknown}'. There are: ${scenarioNames.join(', ')}.`);
  }
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    stop(`--rounds must be a whole number of at least 1. Received ${options.rounds}.`);
  }
  if (options.write && (options.scenario !== undefined || options.rivals !== undefined)) {
    stop('--write makes the page from a complete run: leave out --scenario and --rivals.');
  }
  if (!existsSync(new URL('../dist/bundle/index.js', import.meta.url))) {
    stop('There is no build: run this as `npm run bench` in the root folder.');
  }
}

function stop(message) {
  console.error(message);
  process.exit(1);
}

/** On a terminal only: one line that is written over. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
