/** Reads the system's data about processes and threads. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The children of all threads of this process. */
export function childProcesses() {
  return childrenOf('self');
}

/** The children of another process, or none if that has ended. */
export function childrenOf(pid) {
  return threadsOf(pid)
    .flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).split(' '))
    .filter((text) => text.trim() !== '')
    .map(Number);
}

export function threads() {
  return threadsOf('self');
}

function threadsOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** True also for a process that has ended and was not waited for: that one is left over. */
export function exists(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The targets of this process's open descriptors. */
export function descriptors() {
  const found = [];
  for (const descriptor of readdirSync('/proc/self/fd')) {
    try {
      found.push(`${descriptor} ${readlinkSync(`/proc/self/fd/${descriptor}`)}`);
    } catch {
      // The descriptor with which the list itself was read.
    }
  }
  return found;
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
