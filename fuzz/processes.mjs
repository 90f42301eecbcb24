/** What the system knows of processes and threads. */
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

/** A process that has ended and was not waited for is one that is left. */
export function exists(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What the open descriptors of this process lead to. */
export function descriptors() {
  const found = [];
  for (const descriptor of readdirSync('/proc/self/fd')) {
    try {
      found.push(`${descriptor} ${readlinkSync(`/proc/self/fd/${descriptor}`)}`);
    } catch {
      // The one that the list itself was read with.
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
