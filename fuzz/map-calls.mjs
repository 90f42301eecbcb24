/** `map` as a call of many items. */
import { BrokenExecutor, ShutdownError } from 'concurrent-futures';
import { fatalItem } from './fatal-tasks.mjs';
import { FaultyInput, INPUT_FAILS } from './faulty-input.mjs';
import { progress } from './patience.mjs';

/** @returns a map, each item of it like a call of its own. */
export function makeMap({ random, active, nextId, allowance }) {
  const share = random.pick([0, 0, 0.02]);
  const items = random.list(allowance(random.pick([0, 1, 7, 30, 120])), () =>
    makeItem(random, active, nextId(), share),
  );
  const chunkSize = random.pick([1, 1, 2, 5, 50]);
  const bufferSize = random.pick([undefined, undefined, 1, 4]);
  for (let first = 0; first < items.length; first += chunkSize) {
    const mates = items.slice(first, first + chunkSize);
    for (const item of mates) item.mates = mates;
  }
  return {
    items,
    chunkSize,
    options: { chunkSize, ...(bufferSize === undefined ? {} : { bufferSize }) },
    input: makeInput(random, active, items.length),
    leaveAfter: random.chance(0.15) ? random.int(0, items.length) : Infinity,
  };
}

/** @returns when an asynchronous input fails; undefined for a list. */
function makeInput(random, active, length) {
  if (!random.chance(0.3)) return undefined;
  const fails = active.has('throws') && random.chance(0.3);
  const failsAt = fails ? random.int(0, length) : Infinity;
  return { failsAt, cleanupFails: active.has('throws') && random.chance(0.3) };
}

function makeItem(random, active, id, share) {
  const how = random.chance(share) && active.has('exits') ? 'exits' : 'returns';
  const fails = how === 'returns' && active.has('throws') && random.chance(0.1);
  const item = { id, fn: fatalItem, args: [id, id, fails ? 'throws' : how], expect: { value: id } };
  if (fails) item.expect = { error: 'RangeError' };
  if (how === 'exits') {
    item.expect = undefined;
    item.fatal = { exitCode: 3, certain: !active.has('stubs') };
  }
  return item;
}

/** Takes all results, and gives each item its outcome. A wrong number of them goes to `map.fault`. */
export async function runMap(pool, map) {
  const { items, chunkSize } = map;
  const column = (i) => items.map(({ args }) => args[i]);
  const input = map.input && new FaultyInput(column(0), map.input);
  let results;
  try {
    results = pool.with(map.options).map(fatalItem, input ?? column(0), column(1), column(2));
  } catch (error) {
    map.refused = error;
    return;
  }
  let at = 0;
  for (;;) {
    if (at >= map.leaveAfter) {
      await leave(map, results, input);
      return;
    }
    progress();
    let outcome;
    try {
      const { value, done } = await results.next();
      if (done) break;
      outcome = { status: 'value', value };
    } catch (error) {
      outcome = { status: 'error', error };
    }
    if (outcome.error?.message === INPUT_FAILS) {
      if (at !== map.input.failsAt)
        map.fault = `its input failed after ${map.input.failsAt} items, and it after ${at}`;
      return;
    }
    if (at >= items.length) {
      map.fault = `map has a result too many: ${String(outcome.value ?? outcome.error)}`;
      return;
    }
    at = take(map, at, outcome, chunkSize);
    if (map.ended !== undefined) return;
  }
  if (at < items.length) map.fault = `map ended after ${at} of ${items.length} results`;
}

/** The loop that leaves early gets the error of closing the input. */
async function leave(map, results, input) {
  try {
    await results.return();
    if (input?.cleanupHasFailed) map.fault = 'it kept the failure of its input to itself';
  } catch (error) {
    if (!input?.cleanupHasFailed) map.fault = `leaving it threw ${String(error)}`;
  }
}

/** The class distinguishes an item's own error from one of its whole chunk. */
function take(map, at, outcome, chunkSize) {
  const { items } = map;
  if (outcome.status === 'value' || outcome.error?.message === `item ${items[at].id}`) {
    items[at].outcome = outcome;
    return at + 1;
  }
  // Input that is submitted bit by bit may find the pool shut down or broken, which ends it.
  const lazy = map.input !== undefined || map.options.bufferSize !== undefined;
  if (lazy && isRefusal(outcome.error)) {
    map.ended = outcome.error;
    return at;
  }
  const next = at - (at % chunkSize) + chunkSize;
  for (const item of items.slice(at, next)) item.outcome = outcome;
  return Math.min(next, items.length);
}

function isRefusal(error) {
  if (error instanceof ShutdownError) return true;
  return error instanceof BrokenExecutor && error.code !== 'ERR_WORKER_DIED';
}
