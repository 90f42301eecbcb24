/**
 * The marks of tasks outside of the pool: a line in a file at their beginning, and one at their end.
 *
 * The file is the only evidence that does not depend on the library. Its lines are short and appended, so they stay
 * whole with any other writer and any end of the writer. The functions that marks need are read when the module is
 * loaded, because tasks replace globals.
 */
import { openSync, readFileSync, writeSync } from 'node:fs';
import { threadId } from 'node:worker_threads';

const file = process.env.CF_FUZZ_MARKS;
const worker = `${process.pid}.${threadId}`;
const { ppid } = process;
const { apply } = Reflect;
const { hrtime } = process;
// oxlint-disable-next-line typescript/unbound-method -- called with it below
const { bigint } = hrtime;
const hrtimeNow = () => apply(bigint, hrtime, []);
const toNumber = Number;

let descriptor;

function mark(what, id, where = worker) {
  descriptor ??= openSync(file, 'a');
  writeSync(descriptor, `${what} ${id} ${where} ${hrtimeNow()} ${ppid}\n`);
}

/** Notes that call `id` has begun in this worker. */
export function begin(id) {
  mark('B', id);
}

/** Notes that call `id` is over, from the task's point of view. */
export function end(id) {
  mark('E', id);
}

/** Notes a process that must be gone when the round is over, with or without a call. */
export function noteProcess(pid) {
  mark('P', 0, `${pid}.0`);
}

/** Milliseconds on a clock that all processes of the machine share. */
export function now() {
  return toNumber(hrtimeNow()) / 1e6;
}

/** @returns by call: the time and the worker of each beginning and end. */
export function readMarks() {
  const runs = new Map();
  for (const line of readFileSync(file, { encoding: 'utf8', flag: 'a+' }).split('\n')) {
    const [what, id, where, nanoseconds, parent] = line.split(' ');
    if (parent === undefined || what === 'P') continue;
    const call = Number(id);
    const of = runs.get(call) ?? { begins: [], ends: [] };
    runs.set(call, of);
    const entry = {
      worker: where,
      pid: Number(where.split('.')[0]),
      parent: Number(parent),
      at: Number(nanoseconds) / 1e6,
    };
    (what === 'B' ? of.begins : of.ends).push(entry);
  }
  return runs;
}
