/**
 * One round, in a process of its own: `node fuzz/round.mjs <kind> <seed> <report> <left out>`.
 *
 * It writes its findings to the file `report`, and ends by itself if nothing keeps it alive.
 */
import { writeFileSync } from 'node:fs';
import { allCalls } from './calls.mjs';
import { after, before } from './leaks.mjs';
import { readMarks } from './marks.mjs';
import { judge } from './oracle.mjs';
import { Hang } from './patience.mjs';
import { makePlan } from './plan.mjs';
import { planText } from './plan-text.mjs';
import { Play } from './play.mjs';
import { cleanUp, INTRUDER, pollute } from './pollution.mjs';
import { faultsOfStatistics } from './statistics.mjs';

const MOST_SHOWN = 5;

const [kind, seed, report, without] = process.argv.slice(2);
const warnings = [];
process.on('warning', (warning) => warnings.push(warning));

const plan = makePlan(kind, Number(seed), without === '' ? [] : without.split(','));
if (process.env.CF_FUZZ_TELL !== undefined) console.log(planText(plan).join('\n'));
const start = await before();
pollute(plan.pollution);
const play = new Play(plan);
const problems = await playToTheEnd();
cleanUp(plan.pollution);
play.signals.resumeAll();
const runs = readMarks();
if (runs.has(INTRUDER)) play.wrong('a worker ran code that the options of the pool only inherit');
const pids = [...workersOf(runs), ...(play.hosts?.pids ?? [])];
const hangs = problems.length > 0;
const exits = plan.final === 'exit';
if (!hangs && !exits) {
  problems.push(...judge(play, runs));
  if (plan.final !== 'forget') problems.push(...(await leftBehind()));
}
problems.push(...play.problems, ...warnings.filter(isOdd).map(problemOfWarning));
const calls = allCalls(play);
const hostsLost = play.hosts?.all.filter(({ lostAt }) => lostAt !== undefined).length ?? 0;
const result = { problems, calls: calls.length, faults: countFaults(calls), pids, hostsLost };
writeFileSync(report, JSON.stringify({ ...result, active: [...plan.active] }));
// Something may keep the process alive for ever.
if (hangs || exits) process.exit(0);

/** @returns the problem that it hangs, if it does. */
async function playToTheEnd() {
  try {
    await play.run();
    if (await play.end())
      for (const text of faultsOfStatistics(play.pool.stats(), play)) play.wrong(text);
    return [];
  } catch (error) {
    if (!(error instanceof Hang)) throw error;
    const { unsettled } = play;
    const some = unsettled.slice(0, MOST_SHOWN);
    const which = some.map(({ id, fn, future }) => `${id} ${fn.name} ${future.state}`).join(', ');
    const text = `${error.message}; ${unsettled.length} calls are not settled: ${which}`;
    return [{ kind: 'hung', text }];
  }
}

async function leftBehind() {
  const left = await after(start, pids, process.env.CF_FUZZ_MARKS);
  return left.map((text) => ({ kind: 'left', text }));
}

function workersOf(marks) {
  const all = [...marks.values()].flatMap(({ begins }) => begins.map(({ pid }) => pid));
  return [...new Set(all)].filter((pid) => pid !== process.pid);
}

/** False for the library's own warnings, about unread failures, and Node's about experimental features. */
function isOdd({ name, code }) {
  return !String(code).startsWith('CF_') && name !== 'ExperimentalWarning';
}

function problemOfWarning({ name, message }) {
  return { kind: 'wrong', text: `a warning: ${name}: ${message}` };
}

/** Counts the faults of the pool and its workers: calls that are faults and began, and actions from outside. */
function countFaults(all) {
  const began = all.filter(({ id, fatal, isFault, expect }) => {
    const is = fatal !== undefined || isFault === true || expect?.thrown !== undefined;
    return is && runs.has(id);
  });
  const others = [play.forcedAt !== undefined, plan.failsToStart].filter(Boolean);
  return began.length + play.signals.count + others.length;
}
