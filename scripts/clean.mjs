/** `node scripts/clean.mjs <folder…>`: so that what was compiled from a deleted file does not live on. */
import { rmSync } from 'node:fs';

for (const folder of process.argv.slice(2)) rmSync(folder, { recursive: true, force: true });
