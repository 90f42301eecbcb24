/** What the kernel knows of this process and its children. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

/** @returns { pid, zombie } of each */
export function childProcesses() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && statusOf(name).parent === process.pid)
    .map((pid) => ({ pid: Number(pid), zombie: statusOf(pid).state === 'Z' }));
}

/** Of what may end while it is looked at. */
function statusOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  // The name before these is in brackets and may contain anything.
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state, parent: Number(parent) };
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Milliseconds of CPU time of all threads that the process has. */
export function cpuTime(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) =>
    Number.parseInt(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'), 10),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}

/** MiB that are resident, and those of them that no other process has as well. */
export function memoryOf(pid) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const size = (name) => Number(rollup.match(new RegExp(`^${name}: +(\\d+) kB`, 'm'))[1]) / 1024;
  return { resident: size('Rss'), own: size('Private_Clean') + size('Private_Dirty') };
}
