/** The table of states: every arrow there is, and none besides. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  futureAfterBegin,
  futureAfterCancel,
  futureAfterFail,
  futureAfterFinish,
  FutureStateCode,
  isDone,
  stateName,
} from '#dist/future/future-state.js';

const { Pending, Running, Cancelled, Finished, Failed } = FutureStateCode;
const states = [Pending, Running, Cancelled, Finished, Failed] as const;
const no = undefined;

test('every arrow leads where the table says, and all others are refused', () => {
  const arrows = [
    [futureAfterBegin, [Running, no, no, no, no]],
    [futureAfterCancel, [Cancelled, no, no, no, no]],
    [futureAfterFinish, [Finished, Finished, no, no, no]],
    [futureAfterFail, [Failed, Failed, no, no, no]],
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
