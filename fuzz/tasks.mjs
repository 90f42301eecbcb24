/**
 * Harmless tasks. Each gets the number of its call first, and leaves its marks.
 *
 * They must work in a worker whose globals another task has replaced: no methods of arrays, no iteration.
 */
import { createHash } from 'node:crypto';
import { currentExecutor, transfer } from 'concurrent-futures';
import { begin, end, now } from './marks.mjs';

// Taken before any task could replace them.
const { AbortController, setTimeout, Promise, Int32Array, SharedArrayBuffer, Uint8Array } =
  globalThis;
const { wait, store, notify } = Atomics;
const { apply } = Reflect;
const text = String;
// oxlint-disable typescript/unbound-method -- called with it below
const repeatText = String.prototype.repeat;
const abortBy = AbortController.prototype.abort;
// oxlint-enable typescript/unbound-method
const repeat = (piece, times) => apply(repeatText, piece, [times]);
const abort = (controller) => apply(abortBy, controller, []);
const { stdout, stderr } = process;

/** Not a promise of `setTimeout`'s: those come from a module that fake timers patch. */
const pause = (ms) => new Promise((resolve) => void setTimeout(resolve, ms));

let initialized = 0;

export function initialize(ms) {
  initialized++;
  return ms === undefined ? undefined : pause(ms);
}

export function echo(id, value) {
  begin(id);
  end(id);
  return value;
}

export async function later(id, value, ms) {
  begin(id);
  await pause(ms);
  end(id);
  return value;
}

export function spin(id, value, ms) {
  begin(id);
  const until = now() + ms;
  while (now() < until);
  end(id);
  return value;
}

export function block(id, value, ms) {
  begin(id);
  wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  end(id);
  return value;
}

/** The number of times that the initializer has run in this worker. */
export function initializedTimes(id) {
  begin(id);
  end(id);
  return initialized;
}

/** Notifies the thread that blocks on the memory that this call runs. */
export function greet(id, memory, value) {
  begin(id);
  store(memory, 0, 1);
  notify(memory, 0);
  end(id);
  return value;
}

export function digest(id, bytes) {
  begin(id);
  const found = digestOf(bytes);
  end(id);
  return found;
}

export function digestOf(bytes) {
  return createHash('sha1').update(bytes).digest('hex');
}

/** Moves the buffer back that was moved here. */
export function giveBack(id, bytes) {
  begin(id);
  bytes[0] ^= 0xff;
  end(id);
  return transfer(bytes, [bytes.buffer]);
}

export function manyBytes(id, length, fill) {
  begin(id);
  const bytes = new Uint8Array(length).fill(fill);
  end(id);
  return bytes;
}

export async function writes(id, lines, ms) {
  begin(id);
  for (let i = 0; i < lines.length; i++) {
    (i % 2 === 0 ? stdout : stderr).write(lines[i]);
    if (ms > 0) await pause(ms);
  }
  end(id);
  return lines.length;
}

/** A list in a list in a list. */
export function nestedList(depth) {
  let list = [];
  for (let i = 0; i < depth; i++) list = [list];
  return list;
}

export function deepResult(id, depth) {
  begin(id);
  end(id);
  return nestedList(depth);
}

export function depthOf(list) {
  let depth = 0;
  for (let at = list; Array.isArray(at) && at.length === 1; at = at[0]) depth++;
  return depth;
}

/** A promise whose own `then` calls back twice. */
export function settlesTwice(id) {
  begin(id);
  const promise = Promise.resolve();
  // oxlint-disable-next-line unicorn/no-thenable -- this is the point
  promise.then = (resolve) => {
    resolve(id);
    setTimeout(() => void resolve('DUPLICATE'), 5);
    return promise;
  };
  end(id);
  return promise;
}

/** A result that is no promise, and calls back twice. */
export function callsBackTwice(id, value) {
  begin(id);
  end(id);
  return {
    // oxlint-disable-next-line unicorn/no-thenable -- this is the point
    then(resolve) {
      setTimeout(() => resolve(value));
      setTimeout(() => resolve('DUPLICATE'), 5);
    },
  };
}

/** A result that is no promise, and calls back at once, and throws then. */
export function oddThenable(id, value) {
  begin(id);
  end(id);
  return {
    // oxlint-disable-next-line unicorn/no-thenable -- this is the point
    then(resolve) {
      resolve(value);
      throw new Error('too late to matter');
    },
  };
}

/** The properties of an error that a caller can compare on the other side of another boundary. */
function described(error) {
  return {
    name: error?.name,
    code: error?.code,
    message: text(error?.message ?? error),
    exitCode: error?.exitCode,
    signal: error?.signal,
    pid: error?.pid,
    task: error?.task,
  };
}

function all(first, rest) {
  const list = [first];
  for (let i = 0; i < rest.length; i++) list[i + 1] = rest[i];
  return list;
}

function submit(pool, { fn, args, cancel }) {
  try {
    const future = apply(pool.submit, pool, all(fn, args));
    return { future, cancelled: cancel === true && future.cancel() };
  } catch (error) {
    return { refused: { error }, cancelled: false };
  }
}

async function outcomeOf({ future, refused, cancelled }, how) {
  if (refused !== undefined) return [false, described(refused.error), false];
  try {
    return [true, how === 'blocking' ? future.resultSync() : await future, cancelled];
  } catch (error) {
    return [false, described(error), cancelled];
  }
}

/**
 * Submits calls to its own pool.
 * @param inner - `{ fn, args, cancel }` each.
 * @param how - 'together', 'one by one' (awaited), or 'blocking'.
 * @returns the outcome of each: whether it returned, its value or a description of its error, whether `cancel()` was
 * true.
 */
export async function nests(id, inner, how) {
  begin(id);
  const pool = currentExecutor();
  const submitted = [];
  const outcomes = [];
  if (how === 'together') {
    for (let i = 0; i < inner.length; i++) submitted[i] = submit(pool, inner[i]);
  }
  for (let i = 0; i < inner.length; i++)
    outcomes[i] = await outcomeOf(submitted[i] ?? submit(pool, inner[i]), how);
  end(id);
  return outcomes;
}

/** One of many calls: its result has that many bytes or characters. */
export function member(id, make, size) {
  begin(id);
  const result = make === 'bytes' ? new Uint8Array(size) : repeat('x', size);
  end(id);
  return result;
}

/**
 * Submits many calls to its own pool, and withdraws most of the remaining ones when some have returned.
 * @param ids - of the calls.
 * @param how - `{ way, after, blocks }`: 'cancel', 'abort' (by a signal) or 'none'; the number of returned calls before
 *   that; true if it blocks on the rest.
 * @returns as `nests()`, with the length of each result instead of the result.
 */
export async function crowds(id, ids, make, size, { way, after, blocks }) {
  begin(id);
  const pool = currentExecutor();
  const withdrawal = new AbortController();
  const outcomes = [];
  const submitted = [];
  for (let i = 0; i < ids.length; i++) {
    const mayAbort = way === 'abort' && i >= after;
    const view = mayAbort ? pool.with({ signal: withdrawal.signal }) : pool;
    submitted[i] = submit(view, { fn: member, args: [ids[i], make, size] });
  }
  for (let i = 0; i < ids.length; i++) {
    if (i === after) {
      if (way === 'abort') abort(withdrawal);
      for (let k = i; way !== 'none' && k < ids.length; k++) withdraw(submitted[k], way, k);
    }
    const [ok, value, cancelled] = await outcomeOf(submitted[i], blocks ? 'blocking' : 'together');
    outcomes[i] = [ok, ok ? value.length : value, cancelled];
  }
  end(id);
  return outcomes;
}

function withdraw(call, way, k) {
  const { future } = call;
  if (future === undefined) return;
  if (way === 'abort') call.cancelled = future.cancelled();
  else if (k % 3 !== 0) call.cancelled = future.cancel();
}

/** Calls itself `depth` times, one inside of the other, with the numbers that follow its own. */
export async function deepens(id, depth) {
  begin(id);
  const below = depth === 0 ? 0 : await currentExecutor().submit(deepens, id + 1, depth - 1);
  end(id);
  return below + 1;
}

/** Shuts its own pool down. */
export async function shutsDown(id, cancelFutures, value) {
  begin(id);
  await currentExecutor().shutdown({ wait: false, cancelFutures });
  end(id);
  return value;
}
