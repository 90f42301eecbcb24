/** Tasks that end their worker, or may. */
import { closeSync, writeSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { begin, end } from './marks.mjs';

const { setTimeout, setImmediate, Promise } = globalThis;
const exit = process.exit.bind(process);
const kill = process.kill.bind(process);
const abort = process.abort.bind(process);
const once = process.once.bind(process);
const emit = process.emit.bind(process);
const { pid } = process;
const truly = process;

const pause = (ms) => new Promise((resolve) => void setTimeout(resolve, ms));
const never = () => new Promise(() => {});

export function exits(id, code) {
  begin(id);
  exit(code);
}

/** Exits, but a handler throws. Within the same turn Node would run no handler again, and exit. */
export function nearlyExits(id, value) {
  begin(id);
  // oxlint-disable-next-line no-underscore-dangle -- Node's name for it
  if (truly._exiting) {
    end(id);
    return value;
  }
  once('exit', () => {
    throw new Error('not now');
  });
  try {
    exit(0);
  } catch {
    // The worker lives.
  }
  end(id);
  return value;
}

/** Runs the exit handlers, like some libraries do for cleanup, and ends nothing. */
export function emitsExit(id, value) {
  begin(id);
  emit('exit', 0);
  end(id);
  return value;
}

export async function exitsLater(id, code, ms) {
  begin(id);
  await pause(ms);
  exit(code);
}

/** While its result is on its way, or just afterwards. */
export function exitsBehind(id, code, value) {
  begin(id);
  setImmediate(() => exit(code));
  end(id);
  return value;
}

export function aborts(id) {
  begin(id);
  abort();
}

export function killsItself(id, signal) {
  begin(id);
  kill(pid, signal);
  return never();
}

/** Takes memory until there is none. */
export function exhausts(id) {
  begin(id);
  const taken = [];
  for (;;) taken[taken.length] = new Array(1000).fill(taken.length + 0.5);
}

export function throwsLate(id, ms, value) {
  begin(id);
  setTimeout(() => {
    throw new RangeError('late');
  }, ms);
  end(id);
  return value;
}

/** Leaves an unhandled rejection behind. */
export function rejectsUnhandled(id, value) {
  begin(id);
  void Promise.reject(new RangeError('unhandled'));
  end(id);
  return value;
}

/** A result that ends the worker while it is written down. */
export function exitsInGetter(id, fill) {
  begin(id);
  return {
    before: 'x'.repeat(fill),
    get boom() {
      exit(6);
      return 1;
    },
  };
}

/** Writes foreign bytes to a descriptor, before the result or behind it. */
export function scribbles(id, fd, bytes, behind, value) {
  begin(id);
  const write = () => {
    try {
      writeSync(fd, bytes);
    } catch {
      // The channel is full, or another task has closed it. Both are fine.
    }
  };
  if (behind) setImmediate(write);
  else write();
  end(id);
  return value;
}

export function closesDescriptor(id, fd, value) {
  begin(id);
  try {
    closeSync(fd);
  } catch {
    // Another task was faster.
  }
  end(id);
  return value;
}

/** Uses the port to the parent, which is not for tasks. */
export function usesPort(id, message, value) {
  begin(id);
  if (message === 'close') parentPort?.close();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is no window
  else parentPort?.postMessage(message);
  end(id);
  return value;
}

/** An item of a `map` that may end the worker in the middle of its chunk. */
export function fatalItem(id, value, how) {
  begin(id);
  if (how === 'exits') exit(3);
  end(id);
  if (how === 'throws') throw new RangeError(`item ${value}`);
  return value;
}
