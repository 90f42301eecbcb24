/**
 * Tasks that leave their worker's globals changed. No other call may be affected.
 *
 * `Promise.prototype.then`, `Function.prototype.call`, `push` and the iterator of arrays are not among them: without
 * these Node itself can't import a module or read a socket, and so no worker can run the next function.
 */
import { mock } from 'node:test';
import { begin, end } from './marks.mjs';
// oxlint-disable import/no-unassigned-import -- what other tasks take of the platform, they take before any of it is replaced
import './fatal-tasks.mjs';
import './tasks.mjs';
import './throwing-tasks.mjs';
// oxlint-enable import/no-unassigned-import

const { process } = globalThis;
const nothing = () => {};
const refuses = () => {
  throw new Error('This was replaced by a task.');
};

function patch(prototype, name, fn) {
  Object.defineProperty(prototype, name, { value: fn, configurable: true, writable: true });
}

function fakeTimers() {
  try {
    mock.timers.enable();
  } catch {
    // They are on already.
  }
}

const stubs = {
  fakeTimers,
  exit: () => void (process.exit = nothing),
  reallyExit: () => void (process.reallyExit = nothing),
  setImmediate: () => void (globalThis.setImmediate = nothing),
  setTimeout: () => void (globalThis.setTimeout = nothing),
  clearTimeout: () => void (globalThis.clearTimeout = refuses),
  queueMicrotask: () => void (globalThis.queueMicrotask = nothing),
  clock: () => void (performance.now = () => 0),
  date: () => void (Date.now = () => Number.NaN),
  process: () => void (globalThis.process = {}),
  promise: () => void (globalThis.Promise = refuses),
  mapGet: () => patch(Map.prototype, 'get', refuses),
  mapSet: () => patch(Map.prototype, 'set', refuses),
  notify: () => void (Atomics.notify = () => 0),
  compareExchange: () => void (Atomics.compareExchange = refuses),
  store: () => void (Atomics.store = refuses),
  encode: () => patch(TextEncoder.prototype, 'encodeInto', refuses),
  float64: () => patch(DataView.prototype, 'setFloat64', refuses),
  enumerable: () => void Object.assign(Object.prototype, { polluted: 'from a task' }),
  catchAll: () => void process.on('uncaughtException', nothing),
};

export const stubNames = Object.keys(stubs);

/** Changes that do not affect a task which submits calls: its submitting code is a library like any other. */
export const gentleStubNames = [
  'fakeTimers',
  'exit',
  'reallyExit',
  'setTimeout',
  'clearTimeout',
  'clock',
  'date',
  'enumerable',
  'catchAll',
];

export function leavesStub(id, name, value) {
  begin(id);
  stubs[name]();
  end(id);
  return value;
}

export const endings = {
  throws: refuses,
  spins: () => {
    for (;;);
  },
  exits: () => process.exit(9),
  blocks: () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
};

/** Leaves an exit handler behind that prevents the end of its worker. */
export function leavesEnding(id, name, value) {
  begin(id);
  process.on('exit', endings[name]);
  end(id);
  return value;
}
