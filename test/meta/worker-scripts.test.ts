/** What runs in the same thread as tasks takes all that it needs when it is loaded. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const dist = new URL('../../../dist/', import.meta.url);

for (const name of [
  'thread/thread-entry',
  'process/process-entry',
  'process/orphan-guard-entry',
  'process/manager-entry',
]) {
  const script = readFileSync(new URL(`${name}.cjs`, dist), 'utf8');

  test(`${name} looks up no function of Node's modules when it is called`, () => {
    const taken =
      script.match(/^(?:var|const) \{[^}]*\} = require\("node:[a-z0-9_/]+"\);$/gm) ?? [];
    const asked = script.match(/\brequire\w*\(["']node:[^)]*\)/g) ?? [];
    assert.ok(taken.length > 0);
    assert.equal(taken.length, asked.length, asked.join('\n'));
    assert.doesNotMatch(script, /\bimport_node_/);
  });
}

for (const name of ['thread/thread-entry', 'process/process-entry']) {
  const script = readFileSync(new URL(`${name}.cjs`, dist), 'utf8');

  test(`${name} brings along what makes functions anew, and reads no file for it`, () => {
    assert.match(script, /\(function\(handed,handOver\)\{/);
    assert.doesNotMatch(script, /revive\.cjs/);
  });
}
