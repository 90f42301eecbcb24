/** The options of the command line. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { groups } from './groups.mjs';
import { kindNames, localKindNames } from './kinds.mjs';
import { UsageError } from './usage-error.mjs';

export const usage = `npm run fuzz -- [options]
  --seconds n     how long to begin new rounds (default 60, without --rounds)
  --rounds n      how many rounds at most
  --seed n        of the first round; the next ones count up from it (default: a fresh one)
  --kind a,b      which pools take turns: ${kindNames.join(', ')}
                  (default: all but cluster, which needs a Redis: that in REDIS_URL, or a redis-server to start)
  --without a,b   what rounds leave out: ${Object.keys(groups).join(', ')}
  --only a,b      what rounds may have; they leave out all else
  --jobs n        rounds side by side (default 1)
  --confirm       repeat a round that fails three times; the run fails if one of these fails as well
  --verbose       tell each round's plan and time, and what the workers print`;

export function readOptions(argv) {
  const { values } = parse(argv);
  if (values.help) return { help: true };
  const rounds = count('rounds', values.rounds, Infinity);
  return {
    rounds,
    seconds: count('seconds', values.seconds, rounds === Infinity ? 60 : Infinity),
    seed: values.seed === undefined ? randomInt(2 ** 31) : count('seed', values.seed, 0),
    kinds: names('kind', values.kind, kindNames) ?? localKindNames,
    ...selection(values),
    jobs: count('jobs', values.jobs, 1),
    confirm: values.confirm === true,
    verbose: values.verbose === true,
  };
}

/** @returns the omitted groups, and the options for that. */
function selection({ without, only }) {
  const all = Object.keys(groups);
  const out = names('without', without, all) ?? [];
  const kept = names('only', only, all);
  if (kept === undefined)
    return { without: out, selected: out.length === 0 ? '' : ` --without ${without}` };
  if (without !== undefined) throw new UsageError('Give one of --without and --only, not both.');
  return { without: all.filter((group) => !kept.includes(group)), selected: ` --only ${only}` };
}

function parse(argv) {
  const text = { type: 'string' };
  const flag = { type: 'boolean' };
  const options = {
    seconds: text,
    rounds: text,
    seed: text,
    kind: text,
    without: text,
    only: text,
    jobs: text,
  };
  try {
    return parseArgs({
      args: argv,
      options: { ...options, confirm: flag, verbose: flag, help: flag },
    });
  } catch (error) {
    throw new UsageError(error.message, { cause: error });
  }
}

function count(name, given, missing) {
  if (given === undefined) return missing;
  if (!/^\d+$/.test(given)) throw new UsageError(`--${name} takes a whole number, not '${given}'.`);
  return Number(given);
}

function names(option, given, known) {
  if (given === undefined) return undefined;
  const list = given.split(',').filter((name) => name !== '');
  for (const name of list) {
    if (!known.includes(name))
      throw new UsageError(`--${option} ${name} is not known. There are: ${known.join(', ')}.`);
  }
  return list.length === 0 ? undefined : list;
}
