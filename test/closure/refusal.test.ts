/** The way to what can't travel, as a message tells it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { further, Refusal, type Trail } from '#dist/closure/refusal.js';

function way(steps: number): Trail | undefined {
  let trail: Trail | undefined = undefined;
  for (let i = 0; i < steps; i++) trail = further(trail, i % 2 === 0 ? `.${i}` : () => `.${i}`);
  return trail;
}

test('has its steps from the outside in, those that are made when they are needed too', () => {
  assert.equal(new Refusal('ERR_HANDLE', 'No.', way(3)).message, 'No.\n    at .0 → .1 → .2');
  assert.equal(new Refusal('ERR_HANDLE', 'No.', undefined).message, 'No.');
  assert.match(new Refusal('ERR_HANDLE', 'No.', way(32)).message, /→ \.15 → \.16 →/);
});

test('of a list with very many links has the first and the last, and how many there are between', () => {
  const { message } = new Refusal('ERR_HANDLE', 'No.', way(100_000));
  assert.match(message, /at \.0 → .* → \.15 → … 99968 more … → \.99984 → .* → \.99999$/);
});
