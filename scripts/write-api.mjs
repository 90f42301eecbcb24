/** `npm run api`: builds, and writes the present public API into the snapshots of `test/api`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { publicApi } from './public-api.mjs';

mkdirSync('test/api', { recursive: true });
for (const [entry, text] of Object.entries(publicApi())) {
  writeFileSync(`test/api/${entry}.txt`, text);
}
