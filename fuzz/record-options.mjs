/** The options of the command line for records. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { sides } from './record-kinds.mjs';
import { UsageError } from './usage-error.mjs';

export const usage = `npm run fuzz:records -- [options]
  --count n      how many records of each side (default 1000000, without --seconds)
  --seconds n    how long each side takes at most
  --seed n       of the changes (default: a fresh one); the same seed changes the same records in the same way
  --side a,b     who reads them: ${Object.keys(sides).join(', ')} (default: all)`;

/** @throws UsageError */
export function readRecordOptions(args) {
  const given = parse(args);
  if (given.help === true) return { help: true };
  const seconds = number(given.seconds, 'seconds', Infinity);
  const most = seconds === Infinity ? 1_000_000 : Infinity;
  const count = number(given.count, 'count', most);
  const seed = number(given.seed, 'seed', randomInt(2 ** 31));
  const names = given.side === undefined ? Object.keys(sides) : given.side.split(',');
  const unknown = names.find((name) => !Object.hasOwn(sides, name));
  if (unknown !== undefined) throw new UsageError(`There is no side ${unknown}.`);
  return { count, seconds, seed, names };
}

function parse(args) {
  const text = { type: 'string' };
  const options = { count: text, seconds: text, seed: text, side: text, help: { type: 'boolean' } };
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
}

function number(text, name, otherwise) {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 0)
    throw new UsageError(`--${name} must be a whole number from 0 on, but ${text} was given.`);
  return value;
}
