/**
 * Hashes and compresses every file below a folder: first in this thread, then on a pool of threads.
 *
 *     npm start -- [folder]        default: this project's own node_modules
 */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ThreadPoolExecutor } from 'concurrent-futures';
import { type Hashed, hashFile } from './hash-file.js';
import { progress } from './progress.js';

const folder = resolve(process.argv[2] ?? 'node_modules');
const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));

if (paths.length === 0) throw new Error(`There is no file below ${folder}.`);

const alone: Hashed[] = [];
const aloneStarted = performance.now();
for (const path of paths) {
  alone.push(hashFile(path));
  progress('this thread', alone.length, paths.length);
}
const aloneSeconds = (performance.now() - aloneStarted) / 1000;

const pool = new ThreadPoolExecutor();
const together: Hashed[] = [];
const togetherStarted = performance.now();
for await (const hashed of pool.with({ chunkSize: 8 }).map(hashFile, paths)) {
  together.push(hashed);
  progress('thread pool', together.length, paths.length);
}
const togetherSeconds = (performance.now() - togetherStarted) / 1000;
const { maxWorkers } = pool.stats();
await pool.shutdown();

const bytes = alone.reduce((sum, hashed) => sum + hashed.bytes, 0);
const same = alone.every((hashed, i) => hashed.digest === together[i]?.digest);
console.log(`files         ${paths.length}`);
console.log(`bytes         ${bytes}`);
console.log(`this thread   ${aloneSeconds.toFixed(2)} s`);
console.log(`thread pool   ${togetherSeconds.toFixed(2)} s, ${maxWorkers} workers`);
console.log(`speed-up      ${(aloneSeconds / togetherSeconds).toFixed(2)}`);
console.log(`same digests  ${same ? 'yes' : 'NO'}`);
process.exitCode = same ? 0 : 1;
