/** Whether a worker is to end: every arrow of the table, and every refusal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StayMachine, StayState } from '#dist/worker/stay-state.js';
import { testTable } from '../support/state-table.ts';

testTable(() => new StayMachine(), StayState, {
  close: { send: (worker) => worker.close(), arrows: { Open: 'Closing' } },
  depart: {
    send: (worker) => worker.depart(),
    arrows: { Open: 'Departing', Closing: 'Departing', Staying: 'Departing' },
  },
  stay: { send: (worker) => worker.stay(), arrows: { Departing: 'Staying' } },
});

test('a worker that stays is still to end, and has departed', () => {
  const worker = new StayMachine();
  assert.deepEqual([worker.isToEnd, worker.hasDeparted], [false, false]);
  worker.close();
  assert.deepEqual([worker.isToEnd, worker.hasDeparted], [true, false]);
  worker.depart();
  worker.stay();
  assert.deepEqual([worker.isToEnd, worker.hasDeparted], [true, true]);
});
