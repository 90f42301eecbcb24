/** What a reader has to know about where numbers come from; nothing that names the machine. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';

export function machineFacts({ packages, versions, notes }) {
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    system: `${os.type()} ${os.release().match(/^[\d.]*\d/)?.[0] ?? ''} ${os.arch()}`,
    node: process.version,
    commit: commit(),
    versions: {
      ...Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
      ...versions,
    },
    notes,
    loadBefore: load(),
  };
}

/** How many threads wanted a core, on average over the last minute: our own included. */
export function load() {
  return os.loadavg()[0].toFixed(1);
}

/** Of the working tree that `dist` was built from. Unknown without git, in an unpacked archive for one. */
function commit() {
  try {
    const changed = git('status', '--porcelain', '--', '../src', '.', ':!*.md');
    return git('rev-parse', '--short=10', 'HEAD') + (changed === '' ? '' : ' with changes');
  } catch {
    return 'unknown';
  }
}

function git(...args) {
  const options = { cwd: import.meta.dirname, encoding: 'utf8', stdio: 'pipe' };
  return execFileSync('git', args, options).trim();
}

/** BullMQ is among our own packages. */
function versionOf(name) {
  const path = ['node_modules', '../node_modules']
    .map((folder) => new URL(`${folder}/${name}/package.json`, import.meta.url))
    .find((url) => existsSync(url));
  return JSON.parse(readFileSync(path, 'utf8')).version;
}
