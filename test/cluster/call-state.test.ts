/** The states of a call: events may come late, twice, or not at all, and none of them undoes an end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ACTIVE,
  afterBegin,
  afterEnd,
  afterReturn,
  afterSend,
  HELD,
  OVER,
  REFUSED,
  SENT,
} from '#dist/cluster/call-state.js';

const states = [HELD, SENT, ACTIVE, OVER] as const;

test('the arrows are those of the table, and no others', () => {
  assert.deepEqual(states.map(afterSend), [SENT, REFUSED, REFUSED, REFUSED]);
  assert.deepEqual(states.map(afterBegin), [REFUSED, ACTIVE, REFUSED, REFUSED]);
  assert.deepEqual(states.map(afterReturn), [REFUSED, REFUSED, SENT, REFUSED]);
  assert.deepEqual(states.map(afterEnd), [OVER, OVER, OVER, REFUSED]);
});
