/** The table of states: every arrow there is, and none besides. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  afterBegin,
  afterCancel,
  afterFail,
  afterFinish,
  CANCELLED,
  FAILED,
  FINISHED,
  type FutureStateCode,
  isDone,
  PENDING,
  REFUSED,
  RUNNING,
  stateName,
} from '#dist/future/future-state.js';

const states: readonly FutureStateCode[] = [PENDING, RUNNING, CANCELLED, FINISHED, FAILED];
const no = REFUSED;

test('every arrow leads where the table says, and all others are refused', () => {
  const arrows = [
    [afterBegin, [RUNNING, no, no, no, no]],
    [afterCancel, [CANCELLED, no, no, no, no]],
    [afterFinish, [FINISHED, FINISHED, no, no, no]],
    [afterFail, [FAILED, FAILED, no, no, no]],
  ] as const;
  for (const [arrow, expected] of arrows) assert.deepEqual(states.map(arrow), expected);
});

test('cancelled and finished futures are done', () => {
  assert.deepEqual(states.map(isDone), [false, false, true, true, true]);
});

test('whether a future failed is not part of the state that users see', () => {
  const names = ['pending', 'running', 'cancelled', 'finished', 'finished'];
  assert.deepEqual(states.map(stateName), names);
});
