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
import { fork } from 'node:child_process';
import { OURS, rivalNames } from './rivals/index.mjs';
import { loadScenario } from './scenarios/index.mjs';

const child = new URL('./child.mjs', import.meta.url);
/** Milliseconds for one measurement, and from its result to the end of its process. */
const MOST = 150_000;
const GRACE = 5000;

/**
 * @returns per case and contender the samples of all rounds:
 *   { name, cases: [{ name, rounds: [{ [contender]: { [metric]: number } | { error } }] }] }
 */
export async function runScenario(name, { rounds, rivals, full, onRound }) {
  const scenario = await loadScenario(name);
  const all = [OURS, ...rivalNames, ...(scenario.contenders ?? [])];
  const contenders = all.filter((each) => each === OURS || (rivals?.includes(each) ?? true));
  const cases = scenario.cases.map((each) => ({ name: each.name, rounds: [] }));
  for (let round = 0; round < (rounds ?? scenario.rounds); round++) {
    for (const [i, options] of scenario.cases.entries()) {
      const results = {};
      for (const contender of rotated(contenders, round)) {
        results[contender] = await measure(name, contender, { ...options, full });
      }
      cases[i].rounds.push(results);
      onRound?.(options.name, round, results);
    }
  }
  return { name, contenders, cases };
}

function rotated(list, by) {
  return list.map((_, i) => list[(i + by) % list.length]);
}

/** A failure is a result too: the run goes on, and the report says so. */
function measure(scenario, contender, options) {
  return new Promise((resolve) => {
    const args = [scenario, contender, JSON.stringify(options)];
    const process = fork(child, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
    let result;
    let stderr = '';
    let lingered = false;
    let timer = setTimeout(() => process.kill('SIGKILL'), MOST);
    process.stderr.on('data', (text) => (stderr += text));
    process.on('message', (message) => {
      result = message;
      clearTimeout(timer);
      timer = setTimeout(() => {
        lingered = true;
        process.kill('SIGKILL');
      }, GRACE);
    });
    process.on('close', (code, signal) => {
      clearTimeout(timer);
      if (lingered) resolve({ ...result, error: 'its process did not end by itself' });
      else if (code !== 0 || result === undefined)
        resolve({ error: lastWords(stderr) || `ended with ${signal ?? `exit code ${code}`}` });
      else resolve(result);
    });
  });
}

/** The line with the error in what Node prints when a process dies of one. */
function lastWords(stderr) {
  return stderr.split('\n').find((line) => /^\w*Error\b/.test(line)) ?? stderr.trim().slice(-300);
}
