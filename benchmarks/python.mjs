/** CPython as a contender: its own process pool in a process of its own, with the same scenarios. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./python/run.py', import.meta.url));
/** Fails where Python has been built without what its process pool needs. */
const question =
  'import concurrent.futures.process, platform, sys; print(platform.python_version(), sys.executable)';

let found;

/**
 * The interpreter itself, which `python3` may be a script in front of.
 *
 * @returns { version, executable }, or undefined if there is none
 */
export function findPython() {
  found ??= { python: ask() };
  return found.python;
}

function ask() {
  try {
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 };
    const answer = execFileSync('python3', ['-c', question], options).trim();
    const space = answer.indexOf(' ');
    return { version: answer.slice(0, space), executable: answer.slice(space + 1) };
  } catch {
    return undefined;
  }
}

/** `-B`: no compiled files beside the sources. */
export function pythonCommand(scenario, options) {
  return [findPython().executable, '-B', script, scenario, JSON.stringify(options)];
}
