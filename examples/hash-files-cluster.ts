// Hashes and compresses every file below a folder on the hosts of a cluster, and checks it in this thread.
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ClusterExecutor } from 'concurrent-futures/cluster';
import { hashFile } from './hash-file.js';
import { type HashedOnHost, hashOnHost } from './hash-on-host.js';
import { progress } from './progress.js';

const folder = process.argv[2] ?? 'node_modules';
const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative('.', join(entry.parentPath, entry.name)));
if (paths.length === 0) throw new Error(`There is no file below ${folder}.`);

await using cluster = new ClusterExecutor({
  connection: process.env['REDIS_URL'],
  queue: 'files',
  functions: 'reference',
});
const started = performance.now();
const hashes: HashedOnHost[] = [];
for await (const hashed of cluster.with({ chunkSize: 20 }).map(hashOnHost, paths)) {
  hashes.push(hashed);
  progress('cluster', hashes.length, paths.length);
}
const seconds = (performance.now() - started) / 1000;

const filesOf = new Map<string, number>();
for (const { host } of hashes) filesOf.set(host, (filesOf.get(host) ?? 0) + 1);
const same = paths.every((path, i) => hashFile(path).digest === hashes[i]?.digest);
for (const [host, files] of filesOf) console.log(`${host}  ${files} files`);
console.log(`all           ${paths.length} files, ${seconds.toFixed(2)} s`);
console.log(`same digests  ${same ? 'yes' : 'NO'}`);
process.exitCode = same ? 0 : 1;
