// A function with variables of its own surroundings, in the script itself: it is copied to the workers.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ProcessPoolExecutor, ThreadPoolExecutor } from 'concurrent-futures';

const lines = readFileSync(fileURLToPath(import.meta.url), 'utf8').split('\n');
const counted = new Map([
  ['const', 0],
  ['of', 0],
]);

for (const pool of [new ThreadPoolExecutor(), new ProcessPoolExecutor()]) {
  const words = pool.with({ chunkSize: 10 }).map((line) => {
    const found = line.split(/\W+/).filter((word) => counted.has(word));
    return found.length;
  }, lines);
  let total = 0;
  for await (const count of words) total += count;
  console.log(`${pool.constructor.name}: ${total} of [${[...counted.keys()].join(', ')}]`);
  await pool.shutdown();
}
