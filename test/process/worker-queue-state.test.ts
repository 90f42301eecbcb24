/** A worker process as calls are handed out to it: every arrow of the table, and every refusal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkerQueueMachine, WorkerQueueState } from '#dist/process/worker-queue-state.js';
import { testTable } from '../support/state-table.ts';

testTable(() => new WorkerQueueMachine(), WorkerQueueState, {
  start: { send: (worker) => worker.start(), arrows: { Starting: 'Ready' } },
  leave: {
    send: (worker) => worker.leave(),
    arrows: { Starting: 'Leaving', Ready: 'Leaving', Departing: 'Following' },
  },
  depart: {
    send: (worker) => worker.depart(),
    arrows: { Ready: 'Departing', Leaving: 'Following' },
  },
  stay: {
    send: (worker) => worker.stay(),
    arrows: { Departing: 'Leaving', Following: 'Leaving' },
  },
  end: {
    send: (worker) => worker.end(),
    arrows: {
      Starting: 'Gone',
      Ready: 'Gone',
      Leaving: 'Gone',
      Departing: 'Gone',
      Following: 'Gone',
    },
  },
});

test('a worker is to end once it was told so, whether its exit handlers run or not', () => {
  const worker = new WorkerQueueMachine();
  worker.start();
  worker.depart();
  assert.equal(worker.isToEnd, false);
  worker.leave();
  assert.equal(worker.isToEnd, true);
  worker.stay();
  assert.equal(worker.isToEnd, true);
});
