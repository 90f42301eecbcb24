import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipFile, hashFile } from '../workers/work.mjs';
import { withPool } from './with-pool.mjs';

export const title = 'Real work: hashing and compressing files';
export const about =
  'Files of 4 to 200 KiB from the development dependencies: read, then SHA-256 in hex or gzip. First one after the other ' +
  'in this thread, then one call per file with 2 workers. Efficiency is the sequential time ÷ 2 ÷ the time with the pool: ' +
  '100 % means that the pool costs nothing.';
export const rounds = 5;
export const cases = [
  { name: 'sha256', workers: 2, task: 'hashFile', passes: 16 },
  { name: 'gzip', workers: 2, task: 'gzipFile', passes: 2 },
];
export const metrics = {
  efficiency: { unit: '%', better: 'more', label: 'efficiency' },
  sequential: { unit: 'ms', better: 'less', label: 'sequential', ratio: false },
  parallel: { unit: 'ms', better: 'less', label: 'with the pool', ratio: false },
};

const tasks = { hashFile, gzipFile };
const FILES = 400;
const SMALLEST = 4 << 10;
const LARGEST = 200 << 10;

export function measure(contender, { workers, task, passes }) {
  const files = findFiles();
  const run = tasks[task];
  const paths = Array.from({ length: passes }, () => files).flat();
  // Once for the file system's cache and for the compiler.
  for (const path of files) run(path);
  const before = performance.now();
  const expected = paths.map((path) => run(path));
  const sequential = performance.now() - before;
  return withPool(contender, workers, async (pool) => {
    const call = pool.call(task);
    await Promise.all(files.map((path) => call(path)));
    const began = performance.now();
    const results = await Promise.all(paths.map((path) => call(path)));
    const parallel = performance.now() - began;
    if (results.some((result, i) => result.length !== expected[i].length))
      throw new Error('A result is not that of the sequential run.');
    return { efficiency: (sequential / workers / parallel) * 100, sequential, parallel };
  });
}

/** The same ones in every run: evenly spread over all that have the right size, in order of their names. */
function findFiles() {
  const root = fileURLToPath(new URL('../../node_modules', import.meta.url));
  const fitting = [];
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.([cm]?[jt]s|json|md|map)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const { size } = statSync(path);
    if (size >= SMALLEST && size <= LARGEST) fitting.push(path);
  }
  fitting.sort();
  if (fitting.length < FILES)
    throw new Error('Run `npm ci` in the root folder first: too few files.');
  return Array.from({ length: FILES }, (_, i) => fitting[Math.floor((i * fitting.length) / FILES)]);
}
