/** What a host tells, as a line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventText, jsonLine } from '#dist/host/host-event.js';

const odd = 'a\nb\r\u0085\u001b[2J\u2028\u2029\u202e\u007fz';

test('a line of JSON parses as what it was made of, and is one line for whoever reads it', () => {
  const line = jsonLine({ id: odd });
  assert.deepEqual(JSON.parse(line), { id: odd });
  assert.match(line, /^[ -~]+$/);
});

test('a line for people has nothing that a terminal would obey', () => {
  const text = eventText({ event: 'call-refused', call: odd, task: odd, reason: odd });
  assert.match(text, /^[ -~]+$/);
});
