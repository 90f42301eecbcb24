/** What the system knows of processes and threads. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The children of all threads of this process. */
export function childProcesses() {
  return threads()
    .flatMap((thread) => read(`/proc/self/task/${thread}/children`).split(' '))
    .filter((text) => text.trim() !== '')
    .map(Number);
}

export function threads() {
  return readdirSync('/proc/self/task');
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
