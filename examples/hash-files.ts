// Hashes and compresses every file below a folder: in this thread first, then on a pool of threads.
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

const started = performance.now();
const alone: Hashed[] = [];
for (const path of paths) {
  alone.push(hashFile(path));
  progress('this thread', alone.length, paths.length);
}
const between = performance.now();

const pool = new ThreadPoolExecutor();
const together: Hashed[] = [];
for await (const hashed of pool.with({ chunkSize: 8 }).map(hashFile, paths)) {
  together.push(hashed);
  progress('thread pool', together.length, paths.length);
}
const { maxWorkers } = pool.stats();
await pool.shutdown();

const seconds = [between - started, performance.now() - between].map((ms) => ms / 1000);
const [before = 0, after = 0] = seconds;
const same = alone.every((hashed, i) => hashed.digest === together[i]?.digest);
console.log(`files         ${paths.length}`);
console.log(`bytes         ${alone.reduce((sum, hashed) => sum + hashed.bytes, 0)}`);
console.log(`this thread   ${before.toFixed(2)} s`);
console.log(`thread pool   ${after.toFixed(2)} s, ${maxWorkers} workers`);
console.log(`speed-up      ${(before / after).toFixed(2)}`);
console.log(`same digests  ${same ? 'yes' : 'NO'}`);
process.exitCode = same ? 0 : 1;
