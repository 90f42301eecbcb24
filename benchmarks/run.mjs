/**
 * The command: `npm run bench -- [--threads] [--processes] [--functions] [--cluster] [--scenario a,b] [--rounds n] [--rivals a,b]
 * [--json file] [--full] [--write]`. Without a kind it runs them all.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runScenario } from './harness.mjs';
import { kinds as allKinds } from './kinds/index.mjs';
import { load, machineFacts } from './machine.mjs';
import { machineReport, page } from './page.mjs';
import { scenarioReport, summaryReport } from './report.mjs';
import { loadScenario } from './scenarios/index.mjs';

const { values: options } = parseArgs({
  options: {
    ...Object.fromEntries(allKinds.map(({ name }) => [name, { type: 'boolean' }])),
    scenario: { type: 'string' },
    rounds: { type: 'string' },
    rivals: { type: 'string' },
    json: { type: 'string' },
    full: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

const asked = allKinds.filter(({ name }) => options[name]);
const kinds = asked.length === 0 ? allKinds : asked;
const names = options.scenario?.split(',');
const rounds = options.rounds === undefined ? undefined : Number(options.rounds);
check();

const runs = [];
for (const kind of kinds) {
  const chosen = Object.keys(kind.scenarios).filter((name) => names?.includes(name) ?? true);
  if (chosen.length > 0) runs.push(await run(kind, chosen));
}
if (options.json !== undefined) {
  const path = resolve(process.env.INIT_CWD ?? '.', options.json);
  writeFileSync(path, `${JSON.stringify(runs, null, 2)}\n`);
}

async function run(kind, chosen) {
  console.log(`# ${kind.name}\n`);
  const facts = machineFacts(kind);
  facts.rounds =
    rounds === undefined
      ? 'rounds as each scenario has them'
      : `${rounds} round${rounds === 1 ? '' : 's'}`;
  const results = [];
  const scenarios = [];
  for (const name of chosen) {
    const scenario = await loadScenario(name);
    const result = await measured(kind, name);
    scenarios.push(scenario);
    results.push(result);
    console.log(scenarioReport(result, scenario).join('\n'));
  }
  facts.loadAfter = load();
  if (options.rivals !== 'none' && kind.packages.length > 0) {
    console.log(['## In short', '', ...summaryReport(results, scenarios), ''].join('\n'));
  }
  console.log([...machineReport(facts), ''].join('\n'));
  if (options.write) {
    const url = new URL(kind.page, import.meta.url);
    writeFileSync(url, page(kind, facts, results, scenarios));
  }
  return { kind: kind.name, facts, results };
}

async function measured(kind, name) {
  const began = performance.now();
  const result = await runScenario(kind, name, {
    rounds,
    rivals: options.rivals?.split(','),
    full: options.full,
    onRound: (each, round) => progress(`${name}, ${each}, round ${round + 1}`),
  });
  progress('');
  console.error(`(${name}: ${Math.round((performance.now() - began) / 1000)} s)\n`);
  return result;
}

function check() {
  const known = kinds.flatMap(({ scenarios }) => Object.keys(scenarios));
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    stop(`There is no scenario '${unknown}'. There are: ${[...new Set(known)].join(', ')}.`);
  }
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    stop(`--rounds must be a whole number of at least 1. Received ${options.rounds}.`);
  }
  if (options.write && (options.scenario !== undefined || options.rivals !== undefined)) {
    stop('--write makes a page from a complete run: leave out --scenario and --rivals.');
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
