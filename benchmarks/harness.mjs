/**
 * Runs scenarios: round by round, every contender once per round, each time in a fresh process.
 *
 * A process each, because contenders would otherwise leave things to each other: what the compiler has
 * specialised for one of them, a grown heap, threads that take their time to end. So there is only one
 * pool's threads at any time, and this process sleeps while it is measured; that matters with two cores.
 * Every process warms up before it measures, except where the scenario is about starting.
 *
 * Rounds, because a machine is never quiet: the contenders of one round ran within seconds of each
 * other, so a ratio is taken within a round, and the report has the median of these. The order moves on
 * by one from round to round, so that nobody always follows the same neighbour.
 */
import { fork, spawn } from 'node:child_process';
import { pythonCommand } from './python.mjs';
import { OURS } from './rivals/index.mjs';
import { loadScenario } from './scenarios/index.mjs';

const child = new URL('./child.mjs', import.meta.url);
/** Milliseconds for one measurement, and from its result to the end of its process. */
const MOST = 150_000;
const GRACE = 5000;

/**
 * @returns per case and contender the samples of all rounds:
 *   { name, contenders, cases: [{ name, rounds: [{ [contender]: { [metric]: number } | { error } }] }] }
 */
export async function runScenario(kind, name, { rounds, rivals, full, onRound }) {
  const scenario = await loadScenario(name);
  const { contenders: all, rounds: usual = scenario.rounds, ...common } = kind.scenarios[name];
  const contenders = [OURS, ...all.filter((each) => rivals?.includes(each) ?? true)];
  const cases = scenario.cases.map((each) => ({ name: each.name, rounds: [] }));
  for (let round = 0; round < (rounds ?? usual); round++) {
    for (const [i, each] of scenario.cases.entries()) {
      const options = { ...common, ...each, full };
      const results = {};
      for (const contender of rotated(contenders, round)) {
        results[contender] = await measure(kind.name, name, contender, options);
      }
      cases[i].rounds.push(results);
      onRound?.(each.name, round, results);
    }
  }
  return { name, contenders, cases };
}

function rotated(list, by) {
  return list.map((_, i) => list[(i + by) % list.length]);
}

/** A failure is a result too: the run goes on, and the report says so. */
function measure(kind, scenario, contender, options) {
  return new Promise((resolve) => {
    const process = start(kind, scenario, contender, options);
    let result;
    let stdout = '';
    let stderr = '';
    let lingered = false;
    let timer = setTimeout(() => process.kill('SIGKILL'), MOST);
    const take = (message) => {
      result = message;
      clearTimeout(timer);
      timer = setTimeout(() => {
        lingered = true;
        process.kill('SIGKILL');
      }, GRACE);
    };
    process.stderr.on('data', (text) => (stderr += text));
    process.stdout?.on('data', (text) => {
      stdout += text;
      if (stdout.endsWith('\n')) take(JSON.parse(stdout));
    });
    process.on('message', take);
    process.on('close', (code, signal) => {
      clearTimeout(timer);
      if (lingered) resolve({ ...result, error: 'its process did not end by itself' });
      else if (code !== 0 || result === undefined)
        resolve({ error: lastWords(stderr) || `ended with ${signal ?? `exit code ${code}`}` });
      else resolve(result);
    });
  });
}

/** Node's child sends its result as a message; Python's prints it, as one line of JSON. */
function start(kind, scenario, contender, options) {
  if (contender === 'cpython') {
    const [command, ...args] = pythonCommand(scenario, options);
    return spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  }
  const args = [kind, scenario, contender, JSON.stringify(options)];
  return fork(child, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
}

/** The line with the error in what Node or Python prints when a process dies of one: its name, a colon. */
function lastWords(stderr) {
  return (
    stderr.split('\n').find((line) => /^[\w.]+( \[\w+\])?: /.test(line)) ??
    stderr.trim().slice(-300)
  );
}
