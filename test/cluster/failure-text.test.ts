/** Why a job has failed: a line for people, and the error itself behind it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureText, readFailure } from '#dist/cluster/failure-text.js';
import { readThrown, writeThrown } from '#dist/cluster/thrown.js';

test('an error comes back with what it has', () => {
  const thrown = Object.assign(new RangeError('too much', { cause: new TypeError('why') }), {
    at: new Date(7),
  });
  const failure = { kind: 'error', ...writeThrown(thrown, 'w', 't') } as const;
  const read = readFailure(failureText('RangeError: too much', failure));
  assert.ok(read?.kind === 'error');
  const error = readThrown(read);
  assert.ok(error instanceof RangeError && error.cause instanceof TypeError);
  assert.equal(error.message, 'too much');
  assert.deepEqual(Reflect.get(error, 'at'), new Date(7));
});

test('people read the first line, which is bounded', () => {
  const text = failureText('x'.repeat(10_000), { kind: 'cancelled' });
  assert.match(text, /^x{500}\n/);
  assert.deepEqual(readFailure(text), { kind: 'cancelled' });
});

test('what somebody else has written is not taken for more than it is', () => {
  assert.equal(readFailure('job stalled more than allowable limit'), undefined);
});

test('a failure of another format says so', () => {
  const text = failureText('Oh.', { kind: 'cancelled' }).replace('"cf":2', '"cf":9');
  assert.throws(() => readFailure(text), { code: 'ERR_FORMAT', message: /format 9/ });
});
