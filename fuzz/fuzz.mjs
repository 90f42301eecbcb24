/**
 * `npm run fuzz -- --seconds 300 --seed n --kind threads,processes,managed,inline`: rounds of random calls, faults and
 * shutdowns, and an oracle for the permitted outcomes of each call. `--kind cluster` needs a Redis.
 *
 * A failure prints the line that repeats it, and sets the exit code to 1.
 */
import { readOptions, usage } from './options.mjs';
import { kinds as knownKinds } from './kinds.mjs';
import { openRedis } from './redis.mjs';
import { runRound } from './runner.mjs';
import { UsageError } from './usage-error.mjs';

const counted = ['wrong', 'lost', 'hung', 'innocent', 'left', 'crashed'];

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help === true) return console.log(usage);
  const { seconds, rounds, seed, kinds, jobs } = options;
  console.log(`fuzz: seed ${seed}, ${kinds.join(', ')}`);
  const redis = await redisFor(kinds);
  const until = performance.now() + seconds * 1000;
  const totals = {
    rounds: 0,
    calls: 0,
    faults: 0,
    ...Object.fromEntries(counted.map((name) => [name, 0])),
  };
  let next = 0;
  const work = async () => {
    while (next < rounds && performance.now() < until) {
      const round = next++;
      const kind = kinds[round % kinds.length];
      add(totals, await runOne({ ...options, kind, redis, seed: seed + round }));
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, work));
  } finally {
    await redis?.close();
  }
  const summary = Object.entries(totals).map(([name, count]) => `${name} ${count}`);
  console.log(`fuzz: ${summary.join(', ')}`);
  process.exitCode = counted.some((name) => totals[name] > 0) ? 1 : 0;
}

/** One Redis for all rounds, if some need it. */
async function redisFor(kinds) {
  if (!kinds.some((name) => knownKinds[name].hosted)) return undefined;
  const redis = await openRedis();
  if (redis === undefined)
    throw new UsageError(
      'There is no redis-server for the kind cluster: install it, or set REDIS_URL.',
    );
  return redis;
}

async function runOne(round) {
  const began = performance.now();
  const found = await runRound(round);
  const { kind, seed, selected, verbose } = round;
  if (verbose) {
    const took = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`${kind} ${seed}: ${found.calls} calls, ${took} s; ${found.active.join(' ')}`);
  }
  if (found.problems.length > 0) report(found, { kind, seed, selected });
  if (found.problems.length === 0 || !round.confirm || (await failsAgain(round))) return found;
  console.log(
    `  not again in ${AGAIN} more rounds with this seed: to be looked at, and no verdict`,
  );
  return { ...found, problems: [] };
}

/** The number of repetitions of a failed round. */
const AGAIN = 3;

/** The interleaving of steps depends on the machine, and on a busy one a round may seem to make no progress. */
async function failsAgain(round) {
  for (let i = 0; i < AGAIN; i++) if ((await runRound(round)).problems.length > 0) return true;
  return false;
}

const MOST_LINES = 6;

function report({ problems, active }, { kind, seed, selected }) {
  const special = active.length === 0 ? '' : `   (with ${active.join(', ')})`;
  const lines = problems.slice(0, MOST_LINES).map(({ kind: what, text }) => `  ${what}: ${text}`);
  if (problems.length > MOST_LINES) lines.push(`  and ${problems.length - MOST_LINES} more`);
  console.log(
    `npm run fuzz -- --seed ${seed} --rounds 1 --kind ${kind}${selected}${special}\n${lines.join('\n')}`,
  );
}

/** Counts the problems, at most one for each call. */
function add(totals, { calls, faults, problems }) {
  totals.rounds++;
  totals.calls += calls;
  totals.faults += faults;
  for (const { kind } of problems) totals[kind]++;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
