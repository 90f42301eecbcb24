/**
 * `npm run fuzz:records -- --side host,submitter,blob --count 5000000 --seed n`: records as they lie in Redis, changed at
 * random, read as hosts and submitters read them.
 *
 * Each is read or refused as a record that is none. Nothing else is thrown, none takes long, memory stays where it is, and
 * the language's own objects are what they were. The exit code is 1 if one of these does not hold.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { blobReader, hostReader, submitterReader } from './record-readers.mjs';
import { mutate } from './mutations.mjs';
import { Random } from './random.mjs';
import { Surroundings } from './surroundings.mjs';
import { randomValue } from './values.mjs';

/** Milliseconds that one record may take. */
const LONGEST = 1_000;
/** Bytes that the heap may grow by. */
const MOST_MEMORY = 512 * 2 ** 20;
/** Records of one valid one. */
const VARIANTS = 200;

const sides = { host: hostReader, submitter: submitterReader, blob: blobReader };

const { values } = parseArgs({
  options: {
    side: { type: 'string', default: Object.keys(sides).join(',') },
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  },
});
const failures = values.side
  .split(',')
  .map((side) => fuzz(side, sides[side](), Number(values.count), Number(values.seed)));
process.exitCode = failures.some((count) => count > 0) ? 1 : 0;

function fuzz(side, { valid, read }, count, seed) {
  const random = new Random(seed, side);
  // What the first one makes that all need, such as the registry of error classes.
  read(valid(random, [new Error('first')]));
  const surroundings = new Surroundings();
  const totals = { read: 0, refused: 0, failed: 0 };
  const heap = process.memoryUsage().heapUsed;
  const began = performance.now();
  let most = 0;
  for (let done = 0; done < count;) {
    const text = valid(random, randomValue(random));
    for (let i = 0; i < VARIANTS && done < count; i++, done++) {
      const changed = mutate(random, text);
      const start = performance.now();
      const problem = readOne(read, changed, totals);
      const took = performance.now() - start;
      if (problem ?? took > LONGEST)
        tell(side, seed, changed, problem ?? `it took ${took} ms`, totals);
    }
    most = Math.max(most, process.memoryUsage().heapUsed - heap);
    const change = surroundings.change();
    if (change !== undefined) tell(side, seed, text, change, totals);
  }
  if (most > MOST_MEMORY) tell(side, seed, '', `the heap grew by ${most} bytes`, totals);
  const rate = Math.round(count / ((performance.now() - began) / 1000));
  const shown = Object.entries(totals).map(([name, number]) => `${name} ${number}`);
  console.log(`${side}: seed ${seed}, ${count} records, ${shown.join(', ')}, ${rate} a second`);
  return totals.failed;
}

/** @returns what is wrong with how it was taken. */
function readOne(read, text, totals) {
  try {
    read(text);
    totals.read++;
    return undefined;
  } catch (error) {
    if (error?.code === 'ERR_FORMAT' || error instanceof SyntaxError) {
      totals.refused++;
      return undefined;
    }
    return String(error?.stack ?? error);
  }
}

function tell(side, seed, text, problem, totals) {
  totals.failed++;
  if (totals.failed <= 10)
    console.error(`${side}: seed ${seed}: ${problem}\n  ${JSON.stringify(text).slice(0, 300)}`);
}
