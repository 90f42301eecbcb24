/** Why a job has failed: a line for people, and the error itself behind it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FORMAT } from '#dist/cluster/call-format.js';
import { failureText, readFailure } from '#dist/cluster/failure-text.js';
import { readThrown, writeThrown } from '#dist/cluster/thrown.js';
import { inline } from '#dist/cluster/wire-value.js';

const cancelled = { cf: FORMAT, failure: { kind: 'cancelled' } } as const;

test('an error comes back with what it has', () => {
  const thrown = Object.assign(new RangeError('too much', { cause: new TypeError('why') }), {
    at: new Date(7),
  });
  const wire = inline(writeThrown(thrown));
  const failure = { kind: 'error', thrown: wire, worker: 'w', task: 't' } as const;
  const record = { cf: FORMAT, failure };
  const read = readFailure(failureText('RangeError: too much', record));
  assert.ok(read?.failure.kind === 'error');
  const error = readThrown(read.failure);
  assert.ok(error instanceof RangeError && error.cause instanceof TypeError);
  assert.equal(error.message, 'too much');
  assert.deepEqual(Reflect.get(error, 'at'), new Date(7));
});

test('people read the first line, which is bounded', () => {
  const text = failureText('x'.repeat(10_000), cancelled);
  assert.match(text, /^x{500}\n/);
  assert.deepEqual(readFailure(text), cancelled);
});

test('what somebody else has written is not taken for more than it is', () => {
  assert.equal(readFailure('job stalled more than allowable limit'), undefined);
});

test('a failure of another format says so', () => {
  const text = failureText('Oh.', cancelled).replace('"cf":2', '"cf":9');
  assert.throws(() => readFailure(text), { code: 'ERR_FORMAT', message: /format 9/ });
});
