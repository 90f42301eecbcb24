/**
 * The tasks, the same for every pool. Each takes one argument, because some pools carry just one.
 *
 * Nothing of any pool is imported here: a file per pool beside this one hands these functions to it.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export function noop() {}

export function echo(value) {
  return value;
}

/** Keeps its thread busy for so many microseconds. */
export function spin(microseconds) {
  const until = performance.now() + microseconds / 1000;
  while (performance.now() < until);
}

export function hashFile(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Gives the compressed bytes in an array of just their size: `gzipSync` may return a view of more. */
export function gzipFile(path) {
  return new Uint8Array(gzipSync(readFileSync(path)));
}

/** Returns once as many workers as `shared` asks for (its first word) are in here at the same time. */
export function meet(shared) {
  const words = new Int32Array(shared);
  if (Atomics.add(words, 1, 1) + 1 === words[0]) Atomics.notify(words, 1);
  for (let here; (here = Atomics.load(words, 1)) < words[0];) {
    if (Atomics.wait(words, 1, here, 5000) === 'timed-out') {
      throw new Error(`Only ${here} of ${words[0]} workers took a call.`);
    }
  }
}

/** As {@link meet}, for processes, which share no memory: each leaves a file in the folder. */
export function gather({ folder, workers }) {
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  const until = performance.now() + 5000;
  writeFileSync(join(folder, String(process.pid)), '');
  for (let here; (here = readdirSync(folder).length) < workers;) {
    if (performance.now() > until) {
      throw new Error(`Only ${here} of ${workers} workers took a call.`);
    }
    Atomics.wait(nothing, 0, 0, 1);
  }
}

/** Which process ran it. */
export function pid() {
  return process.pid;
}

/** Like {@link meet}; then each worker goes on to count the ticks of a timer in a word of its own. */
export function startTimer({ shared, every }) {
  const words = new Int32Array(shared);
  const mine = 2 + Atomics.add(words, words.length - 1, 1);
  meet(shared);
  setInterval(() => Atomics.add(words, mine, 1), every).unref();
}
