/** The states of a call: events may come late, twice, or not at all, and none of them undoes an end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  callAfterBegin,
  callAfterEnd,
  callAfterReturn,
  callAfterSend,
  CallState,
} from '#dist/cluster/call-state.js';

const { Held, Sent, Active, Over } = CallState;
const states = [Held, Sent, Active, Over] as const;
const no = undefined;

test('the arrows are those of the table, and no others', () => {
  assert.deepEqual(states.map(callAfterSend), [Sent, no, no, no]);
  assert.deepEqual(states.map(callAfterBegin), [no, Active, no, no]);
  assert.deepEqual(states.map(callAfterReturn), [no, no, Sent, no]);
  assert.deepEqual(states.map(callAfterEnd), [Over, Over, Over, no]);
});
