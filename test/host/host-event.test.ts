/** What a host tells, as a line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventText, type HostEvent, jsonLine } from '#dist/host/host-event.js';
import { resolveHostOptions } from '#dist/host/host-options.js';

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

test('no text in an event is longer than a line of a log, whichever part of the host emits it', () => {
  const told: HostEvent[] = [];
  const { onEvent } = resolveHostOptions({ onEvent: (event) => void told.push(event) });
  onEvent({ event: 'redis-refuses', reason: 'x'.repeat(100_000) });
  onEvent({ event: 'draining', calls: 3 });
  assert.ok(jsonLine(told[0]).length < 2_000);
  assert.deepEqual(told[1], { event: 'draining', calls: 3 });
});
