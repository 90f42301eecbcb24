/** The public API is that of the snapshots in `test/api`. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ENTRIES, publicApi } from '#scripts/public-api.mjs';

const snapshots = new URL('../../../test/api/', import.meta.url);
const now = publicApi();

/** The declarations of `text` that `other` does not have. */
function onlyIn(text: string, other: string): string[] {
  const others = other.trimEnd().split('\n\n');
  return text
    .trimEnd()
    .split('\n\n')
    .filter((declaration) => !others.includes(declaration));
}

for (const entry of ENTRIES) {
  test(`names, kinds and signatures of the entry '${entry}' are those of its snapshot`, () => {
    const snapshot = readFileSync(new URL(`${entry}.txt`, snapshots), 'utf8');
    const text = now[entry] ?? '';
    const hint =
      'The public API has changed. If that is meant: npm run api, and npm run changeset.';
    const found = { new: onlyIn(text, snapshot), gone: onlyIn(snapshot, text) };
    assert.deepEqual(found, { new: [], gone: [] }, hint);
    assert.equal(text, snapshot, hint);
  });
}
